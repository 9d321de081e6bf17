import numpy as np
import pytest

from prototypenas.selection.hypervolume import REFERENCE, exclusive_hypervolumes, hypervolume, normalisation_over


def test_one_point_is_a_box_to_the_reference():
    assert hypervolume(np.array([[0.1, 0.6]])) == pytest.approx(1.0 * 0.5)
    assert hypervolume(np.array([[0.3], [0.1]])) == pytest.approx(1.0)
    assert hypervolume(np.empty((0, 3))) == 0.0


@pytest.mark.parametrize("objectives", range(2, 7))
def test_volume_is_the_share_of_random_points_that_are_dominated(objectives):
    rng = np.random.default_rng(objectives)
    points = rng.random((8, objectives))
    probes = rng.random((200_000, objectives)) * REFERENCE
    dominated = np.zeros(len(probes), dtype=bool)
    for point in points:
        dominated |= (probes >= point).all(axis=1)
    share = hypervolume(points) / REFERENCE**objectives
    assert share == pytest.approx(dominated.mean(), abs=0.005)


def test_exclusive_volumes_are_what_removal_costs():
    points = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    assert exclusive_hypervolumes(points) == pytest.approx([0.1 * 1.0, 0.0, 0.0])


def test_scale_maps_the_front_to_zero_and_one_and_a_constant_to_zero():
    front = np.array([[5.0, -3.0, 7.0], [15.0, -8.0, 7.0]])
    scale = normalisation_over(("flops", "snip", "flat"), front)
    assert scale.apply(front).tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert scale.reference == REFERENCE == 1.1
