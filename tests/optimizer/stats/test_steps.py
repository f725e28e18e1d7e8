from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.stats.changes import cusum, page_hinkley
from optimizer.stats.steps import standard_scores, steps

METHODS = ("adwin", "page_hinkley", "cusum")
SERIES = st.lists(st.integers(-50, 50), min_size=60, max_size=150)
every_method = pytest.mark.parametrize("method", METHODS)


def step_of(sds: float, *, n: int = 200, after: int = 100, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.r_[rng.normal(0, 1, n), rng.normal(sds, 1, after)]


def test_scores_are_those_of_a_hand_worked_series() -> None:
    # ten values 0..9: the score of rank i is that of i/11; 4.5 lies between 4 and 5, at .5
    quantile = NormalDist().inv_cdf
    own = np.array([quantile(i / 11) for i in range(1, 11)])
    found = standard_scores([*range(10), 4.5, 99, -99], reference=10)
    assert found[:10] == pytest.approx(own / own.std())
    assert found[10] == pytest.approx(0, abs=1e-12)
    assert found[11] == pytest.approx(quantile(10.5 / 11) / own.std())
    assert found[12] == pytest.approx(-found[11])


def test_values_that_are_all_equal_have_no_score() -> None:
    assert set(standard_scores([7.0] * 30, reference=10).tolist()) == {0.0}
    assert steps([7.0] * 300) == ()


@every_method
def test_a_step_of_three_standard_deviations_is_found_soon(method: str) -> None:
    for seed in range(20):
        found = [one for one in steps(step_of(3, seed=seed), method=method) if one.index >= 200]
        assert found[0].index - 199 <= (32 if method == "adwin" else 12)
        assert abs(found[0].began - 200) <= 10


@every_method
def test_a_fall_is_a_rise_upside_down(method: str) -> None:
    rise, fall = steps(step_of(2), method=method), steps(-step_of(2), method=method)
    assert [one.index for one in rise] == [one.index for one in fall]


@every_method
@given(series=SERIES, scale=st.sampled_from([2.0**-20, 0.5, 8.0, 2.0**30]))
@settings(max_examples=25, deadline=None)
def test_the_unit_does_not_matter(method: str, series: list[int], scale: float) -> None:
    values = np.array(series, dtype=float)
    assert steps(values, method=method, reference=20) == steps(
        scale * values, method=method, reference=20
    )


@every_method
def test_an_increasing_curve_does_not_matter(method: str) -> None:
    values = step_of(2)
    assert steps(values, method=method) == steps(np.exp(values), method=method)


def test_the_sums_are_those_of_the_detectors_of_one_series() -> None:
    values = step_of(3)
    scores = standard_scores(values, reference=50)
    limit = math.log(4 * 0.5**2 * 1000 / 0.01) / (2 * 0.5) - 1.166
    (alarm, *_) = cusum(scores[50:], target=0, slack=0.5, threshold=limit)
    (found, *_) = steps(values, method="cusum")
    assert (found.index, found.threshold) == (alarm + 50, pytest.approx(limit))
    (alarm, *_) = page_hinkley(scores, delta=0.5, threshold=limit, forgetting=1, min_n=51)
    (found, *_) = steps(values, method="page_hinkley")
    assert found.index == alarm


def test_goes_on_after_a_step() -> None:
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.normal(level, 1, 150) for level in (0, 5, 0, 9)])
    for method in METHODS:
        found = steps(values, method=method)
        assert [one.began for one in found] == pytest.approx([150, 300, 450], abs=8)


def test_the_seed_decides_and_nothing_else() -> None:
    values = step_of(1, seed=9)
    assert steps(values, seed=3) == steps(values, seed=3)


def test_values_that_follow_from_each_other_take_a_larger_step() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(60):
        noise = rng.normal(0, 1, 300)
        for i in range(1, 300):
            noise[i] += 0.6 * noise[i - 1]
        alarms += bool(steps(noise, method="cusum"))
    assert alarms <= 30


@pytest.mark.parametrize(
    "options",
    [
        {"method": "mean"},
        {"reference": 9},
        {"slack": 0},
        {"alpha": 0},
        {"horizon": 50},
        {"delta": 0, "method": "adwin"},
    ],
)
def test_refuses_what_makes_no_sense(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"need|must be"):
        steps(np.arange(100.0), **options)


def test_refuses_values_that_are_none() -> None:
    with pytest.raises(ValueError, match="NaN"):
        steps([1.0, math.nan])
    with pytest.raises(ValueError, match="more values"):
        standard_scores([1.0] * 10, reference=10)
