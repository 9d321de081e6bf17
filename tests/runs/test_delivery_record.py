import json
from dataclasses import asdict

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.delivery_record import DELIVERY, Delivery, read_delivery

FOUND = Delivery(0.9, 40, {".text": 10}, {".text": 12}, layer_instructions=(3, 4), notes=("no compiler",))


def test_a_delivery_is_read_back_exactly(tmp_path):
    (tmp_path / DELIVERY).write_text(json.dumps(asdict(FOUND)))
    assert read_delivery(tmp_path) == FOUND


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"measured_bytes": {".bss": 3}}, "measured parts were not planned"),
        ({"colour": "red"}, "colour"),
        ({"planned_bytes": 3}, "is damaged"),
    ],
)
def test_a_damaged_record_is_named(change, said, tmp_path):
    (tmp_path / DELIVERY).write_text(json.dumps({**asdict(FOUND), **change}))
    with pytest.raises(RunDirectoryError, match=said):
        read_delivery(tmp_path)
