import pytest

from prototypenas.costing.detection_cost import (
    CANDIDATE_BYTES,
    CANDIDATES,
    candidate_bytes,
    detection_code_bytes,
    detection_table_bytes,
)
from prototypenas.errors import ConfigurationError


def test_a_head_of_few_boxes_has_no_more_candidates_than_boxes():
    assert candidate_bytes(CANDIDATES + 1) == candidate_bytes(CANDIDATES) == CANDIDATE_BYTES * CANDIDATES
    assert candidate_bytes(7) == 7 * CANDIDATE_BYTES


def test_tables_are_256_scores_and_four_numbers_a_level_and_two_an_anchor():
    assert detection_table_bytes(2, 6) == 2 * (512 + 8) + 6 * 4


def test_a_core_that_was_not_measured_is_refused():
    assert detection_code_bytes("cortex-m7") > 0
    with pytest.raises(ConfigurationError, match="code size of boxes on cortex-m1"):
        detection_code_bytes("cortex-m1")
