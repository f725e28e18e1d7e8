from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.stats.changes import adwin, cusum, page_hinkley

SERIES = st.lists(st.floats(-5, 5), min_size=1, max_size=120)


def steps(seed: int, *sets: range) -> list[int]:
    rng = random.Random(seed)
    return [value for values in sets for value in rng.choices(values, k=1000)]


def test_adwin_finds_the_steps_that_river_finds() -> None:
    # river's documentation and regression tests
    assert adwin(steps(12345, range(2), range(4, 8))) == (1023,)
    assert adwin(steps(42, range(2), range(4, 8), range(2), range(4, 8))) == (1023, 2015, 3007)


def test_adwin_sees_falls_as_well_as_rises() -> None:
    rising = steps(3, range(2), range(4, 8))
    assert adwin([-value for value in rising]) == adwin(rising)


def test_adwin_misses_a_small_step_in_a_short_series() -> None:
    rng = np.random.default_rng(16)
    series = np.r_[rng.normal(0.80, 0.05, 100), rng.normal(0.65, 0.05, 100)]
    assert adwin(series) == ()
    assert page_hinkley(series, delta=0.025, threshold=0.4, direction="down")[0] - 99 <= 7


def test_adwin_is_quiet_while_nothing_changes() -> None:
    rng = np.random.default_rng(1)
    assert adwin(np.full(5000, 0.1)) == ()
    assert adwin(rng.random(20_000)) == ()


def test_adwin_looks_only_when_the_clock_strikes() -> None:
    series = [0.0] * 200 + [1.0] * 200
    assert {(i + 1) % 32 for i in adwin(series)} == {0}
    assert adwin(series, clock=1)[0] <= adwin(series)[0]
    assert adwin(series, clock=1, grace=1000) == ()


def test_page_hinkley_finds_the_step_of_a_hand_worked_series() -> None:
    # running means 0, 0, 0, 1, 1.6: sums of x - mean - 0.5: -0.5, -1, -1.5, 1, 2.9; less the
    # least so far, -1.5: 0, 0, 0, 2.5, 4.4
    series = [0, 0, 0, 4, 4]
    options = {"delta": 0.5, "forgetting": 1.0, "min_n": 1}
    assert page_hinkley(series, threshold=2.4, **options)[0] == 3
    assert page_hinkley(series, threshold=4.3, **options) == (4,)
    assert page_hinkley(series, threshold=4.5, **options) == ()


def test_page_hinkley_waits_for_enough_values_and_starts_anew_after_an_alarm() -> None:
    series = [0.0] * 20 + [5.0] * 40
    first, *others = page_hinkley(series, threshold=3, min_n=25)
    assert first == 24
    assert others == []


@given(SERIES)
def test_a_rise_is_a_fall_upside_down(series: list[float]) -> None:
    upside_down = [-value for value in series]
    options = {"threshold": 3.0, "min_n": 5}
    up = page_hinkley(series, direction="up", **options)
    assert up == page_hinkley(upside_down, direction="down", **options)
    chart = {"target": 0.0, "slack": 0.5, "threshold": 4.0}
    up = cusum(series, direction="up", **chart)
    assert up == cusum(upside_down, direction="down", **chart)


@given(SERIES)
def test_the_first_alarm_of_either_kind_is_the_first_of_both(series: list[float]) -> None:
    chart = {"target": 0.0, "slack": 0.5, "threshold": 4.0}
    alarms = [cusum(series, direction=kind, **chart) for kind in ("up", "down")]
    first = min((found[0] for found in alarms if found), default=None)
    both = cusum(series, **chart)
    assert (both[0] if both else None) == first


def test_cusum_finds_the_step_of_a_hand_worked_series() -> None:
    # 0.5 0 1.5 3 4.5, then anew: 1.5 3 4.5
    series = [1, 0, 2, 2, 2, 2, 2, 2]
    assert cusum(series, target=0, slack=0.5, threshold=4) == (4, 7)
    assert cusum(series, target=0, slack=0.5, threshold=4, direction="down") == ()


def test_cusum_gives_a_false_alarm_every_465_values() -> None:
    rng = np.random.default_rng(5)
    alarms = cusum(rng.normal(size=200_000), target=0, slack=0.5, threshold=5)
    assert 200_000 / len(alarms) == pytest.approx(465, rel=0.15)


def test_page_hinkley_rarely_cries_wolf_at_the_documented_setting() -> None:
    rng = np.random.default_rng(6)
    series = rng.normal(size=(300, 300))
    false = [bool(page_hinkley(row, delta=0.5, threshold=8)) for row in series]
    assert np.mean(false) < 0.06


@settings(max_examples=50)
@given(SERIES, st.integers(1, 40))
def test_alarms_are_positions_in_order(series: list[float], clock: int) -> None:
    for found in (
        adwin(series, clock=clock),
        page_hinkley(series, threshold=1, min_n=1),
        cusum(series, target=0, slack=0, threshold=1),
    ):
        assert list(found) == sorted(set(found))
        assert all(0 <= i < len(series) for i in found)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adwin([]), "at least 1"),
        (lambda: adwin([math.nan]), "NaN"),
        (lambda: adwin([1.0], delta=0), "0 < delta < 1"),
        (lambda: adwin([1.0], clock=0), ">= 1"),
        (lambda: page_hinkley([]), "at least 1"),
        (lambda: page_hinkley([1.0], delta=-1), "delta >= 0"),
        (lambda: page_hinkley([1.0], threshold=0), "threshold > 0"),
        (lambda: page_hinkley([1.0], forgetting=0), "forgetting"),
        (lambda: page_hinkley([1.0], direction="left"), "both, up, down"),  # type: ignore[arg-type]
        (lambda: cusum([math.inf], target=0, slack=0, threshold=1), "infinity"),
        (lambda: cusum([1.0], target=0, slack=-1, threshold=1), "slack >= 0"),
        (lambda: cusum([1.0], target=math.nan, slack=0, threshold=1), "finite target"),
        (lambda: cusum([1.0], target=0, slack=0, threshold=0), "threshold > 0"),
    ],
)
def test_refuses_series_and_settings_without_sense(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.filterwarnings("error")
def test_a_window_of_one_value_has_no_cut() -> None:
    assert adwin([2, 0, 1, 0, 3], clock=1, grace=0) == ()
