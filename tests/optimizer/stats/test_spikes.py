from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.stats.spikes import history_distances, history_factor

MEASURES = ("mad", "iqr", "z")
every_measure = pytest.mark.parametrize("measure", MEASURES)


def test_distances_are_those_of_a_hand_worked_series() -> None:
    # before the last value 1..5: median 3, MAD 1; quartiles 2 and 4; mean 3, variance 2.5
    values = [1, 2, 3, 4, 5, 9]
    options = {"window": 5, "least": 5}
    assert history_distances(values, measure="mad", **options)[5] == pytest.approx(0.6745 * 6)
    assert history_distances(values, measure="iqr", **options)[5] == pytest.approx(5 / 2)
    assert history_distances(values, measure="z", **options)[5] == pytest.approx(6 / 2.5**0.5)


@every_measure
def test_a_value_is_never_held_against_itself_or_later_ones(measure: str) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=80)
    whole = history_distances(values, measure=measure, window=30, least=10)
    for n in (20, 45, 79):
        part = history_distances(values[: n + 1], measure=measure, window=30, least=10)
        assert part[n] == whole[n]
    assert np.isnan(whole[:10]).all()
    assert not np.isnan(whole[10:]).any()


@every_measure
def test_only_the_newest_earlier_values_count(measure: str) -> None:
    values = np.r_[np.full(40, 1e6), np.arange(20.0), 100.0]
    own = history_distances(values, measure=measure, window=20, least=10)[-1]
    alone = history_distances(values[40:], measure=measure, window=20, least=10)[-1]
    assert own == alone


@every_measure
@given(
    values=st.lists(st.integers(-99, 99), min_size=12, max_size=40),
    scale=st.sampled_from([2.0**-30, 4.0, 2.0**20]),
)
@settings(max_examples=25, deadline=None)
def test_the_unit_does_not_matter(measure: str, values: list[int], scale: float) -> None:
    array = np.array(values, dtype=float)
    one = history_distances(array, measure=measure, window=10, least=5)
    other = history_distances(scale * array, measure=measure, window=10, least=5)
    np.testing.assert_allclose(one, other, rtol=1e-9)


@every_measure
def test_a_history_without_spread_tells_nothing(measure: str) -> None:
    assert np.isnan(history_distances([3.0] * 20 + [4.0], measure=measure, least=10)[-1])


@every_measure
def test_a_threshold_is_wider_the_fewer_values_there_are(measure: str) -> None:
    factors = [history_factor(n, measure=measure, threshold=3.0) for n in (10, 20, 50, 200, 10_000)]
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("n", [10, 20, 50, 200])
@pytest.mark.parametrize(("measure", "threshold"), [("mad", 3.5), ("iqr", 3.0), ("z", 3.5)])
def test_few_ordinary_values_are_out_however_few_came_before(
    measure: str, threshold: float, n: int
) -> None:
    rng = np.random.default_rng(n)
    limit = threshold * history_factor(n, measure=measure, threshold=threshold)
    out = 0
    for _ in range(500):
        row = history_distances(rng.normal(size=n + 1), measure=measure, window=n, least=n)
        out += abs(row[-1]) > limit
    assert out / 500 <= 0.005


def test_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="measure"):
        history_distances([1.0] * 30, measure="mode")
    with pytest.raises(ValueError, match="least"):
        history_distances([1.0] * 30, least=4)
    with pytest.raises(ValueError, match="n >= 5"):
        history_factor(4, measure="z", threshold=3)
