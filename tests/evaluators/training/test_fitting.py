import logging
import warnings

import pytest

from evaluators.training.fitting import quiet_lightning


def test_lightning_says_nothing_within_and_what_it_said_before_after():
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    with pytest.raises(ValueError, match="inside"), quiet_lightning():
        assert logger.level == logging.ERROR
        raise ValueError("inside")
    assert logger.level == before, "even after an error"


def test_only_lightnings_own_warnings_are_kept_back():
    with warnings.catch_warnings(), quiet_lightning():
        warnings.simplefilter("error", append=True)
        warnings.warn_explicit("advice", UserWarning, "trainer.py", 1, module="lightning.pytorch.trainer")
        with pytest.raises(UserWarning):
            warnings.warn_explicit("mine", UserWarning, "mine.py", 1, module="mine")
