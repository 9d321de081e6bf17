"""Damaged files are read or refused in one line; the full figure is `python -m benchmarks.data_faults`."""

import pytest

from benchmarks.data_faults import FORMS, provoke, summary


@pytest.mark.slow
def test_no_damage_ends_in_a_traceback_or_a_hang():
    faults = list(provoke(12 * len(FORMS), seed=1))
    wrong = [fault for fault in faults if fault.outcome in ("traceback", "hang")]
    assert not wrong, summary(wrong)
    assert {fault.outcome for fault in faults} == {"read", "refused"}
