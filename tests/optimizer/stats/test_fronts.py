from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.stats.fronts import dominators, front_membership, hypervolume, non_dominated

GRID = st.integers(0, 6)
POINTS = st.integers(1, 3).flatmap(
    lambda d: st.lists(st.lists(GRID, min_size=d, max_size=d), min_size=1, max_size=7)
)


def cells(points: list[list[int]]) -> int:
    """How many unit cubes of the grid some point covers."""
    d = len(points[0])
    return sum(
        any(all(c < x for c, x in zip(cube, point, strict=True)) for point in points)
        for cube in itertools.product(range(6), repeat=d)
    )


def test_a_point_is_on_the_front_unless_another_is_as_good_and_better_in_one() -> None:
    points = [(0.9, 3.0), (0.8, 1.0), (0.8, 2.0), (0.5, 1.0), (0.9, 3.0)]
    assert non_dominated(points, signs=(1, -1)) == (True, True, False, False, True)
    assert non_dominated(points, signs=(-1, 1)) == (True, False, True, True, True)


@given(POINTS)
def test_the_front_is_that_of_brute_force(points: list[list[int]]) -> None:
    def beats(i: list[int], j: list[int]) -> bool:
        return all(x >= y for x, y in zip(i, j, strict=True)) and i != j

    signs = [1] * len(points[0])
    expected = tuple(not any(beats(i, j) for i in points) for j in points)
    assert non_dominated(points, signs=signs) == expected
    assert dominators(points, signs=signs) == tuple(
        tuple(place for place, i in enumerate(points) if beats(i, j)) for j in points
    )


def test_values_that_differ_by_rounding_alone_are_equal() -> None:
    tenth = 0.1 + 0.2 - 0.2
    assert tenth != 0.1
    assert non_dominated([(1, 0.1), (1, tenth)], signs=(1, -1)) == (True, True)


@given(POINTS)
def test_removing_a_dominated_point_changes_nothing(points: list[list[int]]) -> None:
    signs, reference = [1] * len(points[0]), [0.0] * len(points[0])
    kept = [p for p, on in zip(points, non_dominated(points, signs=signs), strict=True) if on]
    assert all(non_dominated(kept, signs=signs))
    assert hypervolume(kept, reference=reference, signs=signs) == pytest.approx(
        hypervolume(points, reference=reference, signs=signs)
    )


@given(POINTS)
def test_the_hypervolume_counts_the_cubes_that_are_covered(points: list[list[int]]) -> None:
    d = len(points[0])
    assert hypervolume(points, reference=[0.0] * d, signs=[1] * d) == cells(points)


@given(POINTS, st.data())
def test_the_hypervolume_never_shrinks_with_another_point(
    points: list[list[int]], data: st.DataObject
) -> None:
    d = len(points[0])
    more = data.draw(st.lists(GRID, min_size=d, max_size=d))
    found = hypervolume(points, reference=[0.0] * d, signs=[1] * d)
    assert hypervolume([*points, more], reference=[0.0] * d, signs=[1] * d) >= found


def test_the_hypervolume_in_two_and_three_objectives_worked_by_hand() -> None:
    # boxes from (0, 10): 0.8 wide to 4 below, then 0.1 wider to 2 below: 0.8*4 + 0.1*2 = 3.4
    found = hypervolume([(0.8, 6.0), (0.9, 8.0)], reference=(0.0, 10.0), signs=(1, -1))
    assert found == pytest.approx(3.4)
    # 1*2*3 + 3*2*1 - 1*2*1 = 10
    assert hypervolume([(1, 2, 3), (3, 2, 1)], reference=(0, 0, 0), signs=(1, 1, 1)) == 10


def test_points_that_are_not_better_than_the_reference_add_nothing() -> None:
    assert hypervolume([(0.5, 10.0)], reference=(0.0, 10.0), signs=(1, -1)) == 0


def test_a_point_that_is_better_in_every_case_is_on_the_front_for_certain() -> None:
    rng = np.random.default_rng(3)
    quality, cost = rng.random(40), rng.random(40) + 1
    better = front_membership(
        [[quality, quality + 0.1], [cost, cost / 2]], signs=(1, -1), resamples=200
    )
    assert better == (0.0, 1.0)


@settings(max_examples=20)
@given(st.integers(0, 99))
def test_options_that_are_alike_share_the_front_evenly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.array([rng.random(30), rng.random(30)])
    values[1] += values[0].mean() - values[1].mean()
    one, other = front_membership([values], signs=(1,), resamples=400, seed=seed)
    assert one + other == pytest.approx(1)
    assert abs(one - 0.5) < 0.12


def test_membership_of_two_options_is_the_posterior_of_their_difference() -> None:
    # one objective: P(mean of d > 0) under the Bayesian bootstrap is about Phi(mean / se)
    d = np.random.default_rng(5).normal(0.1, 1, 200)
    z = d.mean() / (d.std(ddof=1) / math.sqrt(200))
    found = front_membership([[np.zeros(200), d]], signs=(1,), resamples=4000)
    assert found[1] == pytest.approx((1 + math.erf(z / math.sqrt(2))) / 2, abs=0.02)


def test_cases_that_an_option_did_not_run_are_left_out_of_its_means() -> None:
    values = [[1.0, 0.0, 1.0, 0.0], [math.nan, math.nan, 1.0, 1.0]]
    assert front_membership([values], signs=(1,), resamples=50) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: non_dominated([], signs=(1,)), "points"),
        (lambda: non_dominated([[1, 2], [1]], signs=(1, 1)), "points"),
        (lambda: non_dominated([[1, math.nan]], signs=(1, 1)), "NaN"),
        (lambda: non_dominated([[1, 2]], signs=(1, 0)), "signs"),
        (lambda: hypervolume([[1, 2]], reference=(0,), signs=(1, 1)), "found"),
        (lambda: front_membership([[[1.0]]], signs=(1,), resamples=0), "resamples"),
        (lambda: front_membership([[[math.nan]]], signs=(1,)), "without any value"),
        (lambda: front_membership([[1.0]], signs=(1,)), "dimensions"),
    ],
)
def test_what_makes_no_front_is_refused(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
