import pytest

from evaluators.datasets import DATASETS
from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.datasets.source import with_classes
from prototypenas.errors import ConfigurationError


def test_classes_pass_and_boxes_are_refused(few_digits):
    assert with_classes(few_digits) is few_digits
    data = ScatteredDigits().load()
    with pytest.raises(ConfigurationError, match=f"{data.name} has boxes"):
        with_classes(data)


@pytest.mark.parametrize("name", DATASETS)
def test_every_named_set_says_what_it_is_before_its_files_are_read(name):
    source = DATASETS[name]
    assert source.description and source.classes >= 1 and len(source.input_shape) in (2, 3)
    assert isinstance(source.needs_files, bool)
