from pathlib import Path

import pytest

from evaluators.datasets.own_data.forms import Form, opened
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError


def form(suffix: str, read) -> Form:
    return Form(f"a {suffix} file", lambda path: path.suffix == suffix, read)


def raising(error):
    def read(path, reading):
        raise error

    return read


def test_the_first_form_that_recognises_a_path_reads_it(tmp_path):
    (tmp_path / "a.x").write_text("")
    forms = [
        form(".y", raising(AssertionError())),
        form(".x", lambda path, reading: "first"),
        form(".x", raising(OSError)),
    ]
    assert opened(tmp_path / "a.x", forms, Reading()) == "first"


def test_a_missing_and_an_unknown_path_list_the_forms(tmp_path):
    forms = [form(".x", raising(AssertionError())), form(".y", raising(AssertionError()))]
    with pytest.raises(DatasetError, match=r"does not exist; own data is a \.x file; a \.y file"):
        opened(tmp_path / "a.x", forms, Reading())
    (tmp_path / "a.z").write_text("")
    with pytest.raises(DatasetError, match="holds no data of a known form"):
        opened(tmp_path / "a.z", forms, Reading())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "inside.png"), r"inside\.png cannot be read: Permission denied"),
        (MemoryError("9 GB"), "does not fit into memory: 9 GB"),
    ],
)
def test_what_the_system_refuses_is_one_line(error, said, tmp_path):
    place = Path(tmp_path / "a.x")
    place.write_text("")
    with pytest.raises(DatasetError, match=said):
        opened(place, [form(".x", raising(error))], Reading())
