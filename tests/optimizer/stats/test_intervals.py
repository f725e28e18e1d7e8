from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.intervals import (
    clopper_pearson,
    mean_interval,
    newcombe,
    prediction_interval,
    wilson,
)


@given(n=st.integers(1, 3000), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_that_of_scipy(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    ours = wilson(successes, n, level=level)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.estimate == successes / n


def test_wilson_of_none_and_of_all_reaches_the_end() -> None:
    # z^2 / (n + z^2) with z = 1.959964, n = 10
    assert wilson(0, 10).low == 0
    assert wilson(0, 10).high == pytest.approx(0.2775328, abs=1e-7)
    assert wilson(10, 10).high == 1
    assert wilson(10, 10).low == pytest.approx(1 - 0.2775328, abs=1e-7)


@given(n=st.integers(1, 500), k=st.integers(0, 500))
def test_wilson_of_failures_mirrors_that_of_successes(n: int, k: int) -> None:
    k = min(k, n)
    ours, mirrored = wilson(k, n), wilson(n - k, n)
    assert ours.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_counts_that_make_no_rate(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="within 0 and n"):
        wilson(successes, n)


def test_mean_interval_is_student_s() -> None:
    # 3, 5, 10: mean 6, sd sqrt(13), t(.975, 2) = 4.302653
    found = mean_interval(6, math.sqrt(13), 3)
    half = 4.30265272974946 * math.sqrt(13 / 3)
    assert (found.low, found.high) == pytest.approx((6 - half, 6 + half), rel=1e-9)


@pytest.mark.parametrize(("sd", "n"), [(1, 1), (-1, 5)])
def test_mean_interval_needs_a_spread(sd: float, n: int) -> None:
    with pytest.raises(ValueError, match="need n >= 2"):
        mean_interval(1, sd, n)


def test_newcombe_gives_the_published_example() -> None:
    # Newcombe (1998), table II (a): 56/70 - 48/80 = 0.2, method 10: 0.0524 to 0.3339
    found = newcombe(wilson(48, 80), wilson(56, 70))
    assert found.estimate == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_newcombe_mirrors_when_the_samples_change_places(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    first, second = wilson(a, n), wilson(b, m)
    forward, backward = newcombe(first, second), newcombe(second, first)
    assert forward.estimate == pytest.approx(-backward.estimate)
    assert forward.low == pytest.approx(-backward.high, abs=1e-12)
    assert -1 <= forward.low <= forward.estimate <= forward.high <= 1


def test_newcombe_refuses_intervals_of_different_levels() -> None:
    with pytest.raises(ValueError, match="levels must be equal"):
        newcombe(wilson(1, 5, level=0.9), wilson(1, 5, level=0.95))


def test_fewer_effective_tests_make_the_same_rate_less_certain() -> None:
    # 89 of 120 with the certainty of 60: 44.5 of 60
    found = wilson(89, 120, n_effective=60)
    assert (found.estimate, found.n) == (89 / 120, 120)
    z2, rate, n = 1.959963984540054**2, 89 / 120, 60
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))


@given(n=st.integers(1, 3000), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_clopper_pearson_is_that_of_scipy(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    ours = clopper_pearson(successes, n, level=level)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="exact")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_one_failure_of_three_leaves_almost_any_rate_possible() -> None:
    # P(X <= 2 of 3) = 1 - p^3 = 0.05 at p = 0.95 ** (1/3)
    assert clopper_pearson(2, 3, level=0.9).high == pytest.approx(0.95 ** (1 / 3))


def test_clopper_pearson_refuses_counts_that_make_no_rate() -> None:
    with pytest.raises(ValueError, match="within 0 and n"):
        clopper_pearson(6, 5)


@pytest.mark.parametrize("level", [-0.5, 0, 1, 1.5, math.nan])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    for measure in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match="level"):
            measure(17, 20, level=level)
    with pytest.raises(ValueError, match="level"):
        mean_interval(1.0, 0.5, 20, level=level)


@pytest.mark.parametrize("n_effective", [-1, 0, math.nan])
def test_no_effective_observations_are_refused(n_effective: float) -> None:
    for measure in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match="n_effective"):
            measure(17, 20, n_effective=n_effective)


def test_the_next_observation_is_less_sure_than_the_mean() -> None:
    # t(0.975, 4) = 2.776445: 50 +- 2.776445 * 3 * sqrt(1 + 1/5)
    found = prediction_interval(50, 3, 5)
    assert (found.low, found.high) == pytest.approx((40.87567, 59.12433), abs=1e-5)


def test_the_mean_of_many_to_come_is_as_sure_as_the_mean() -> None:
    far = prediction_interval(50, 3, 5, more=10**12)
    near = mean_interval(50, 3, 5)
    assert (far.low, far.high) == pytest.approx((near.low, near.high))


@pytest.mark.parametrize(("n", "more", "sd"), [(1, 1, 1), (2, 0, 1), (2, 1, -1)])
def test_a_prediction_needs_a_spread_and_something_to_come(n: int, more: int, sd: float) -> None:
    with pytest.raises(ValueError, match="need n >= 2"):
        prediction_interval(0, sd, n, more=more)
