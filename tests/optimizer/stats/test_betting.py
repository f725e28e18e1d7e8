import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from optimizer.stats.betting import betting_sequence
from optimizer.stats.running import plug_in_bets, unit_scaled

bounded_rows = some.lists(some.floats(-1, 1), min_size=1, max_size=40)


def capital_by_hand(x, m, alpha):
    rising = falling = 1.0
    for value, bet in zip(x, plug_in_bets(x, alpha=alpha), strict=True):
        rising *= 1 + min(bet, 0.5 / m) * (value - m)
        falling *= 1 - min(bet, 0.5 / (1 - m)) * (value - m)
    return max(rising, falling) / 2


def test_the_first_bets_know_nothing_and_the_next_the_past_only():
    x = np.array([1.0, 0.0, 0.5])
    # mean with the added 1/2: .75, .5; variance: (.25 + .0625)/2, (.25 + .0625 + .25)/3
    expected = [
        math.sqrt(2 * math.log(40) / (t * math.log(1 + t) * variance))
        for t, variance in ((1, 0.25), (2, 0.3125 / 2), (3, 0.5625 / 3))
    ]
    assert plug_in_bets(x, alpha=0.05) == pytest.approx(expected)


def test_bounds_lie_one_step_outside_what_the_bets_leave():
    x = np.random.default_rng(3).random(60)
    found = betting_sequence(x, low=0, high=1, grid=100).at(60)
    left = [m / 100 for m in range(1, 100) if capital_by_hand(x, m / 100, 0.05) <= 1 / 0.05]
    assert found.low == pytest.approx(min(left) - 0.01)
    assert found.high == pytest.approx(max(left) + 0.01)
    assert found.estimate == pytest.approx(x.mean())
    assert (found.n, found.level) == (60, 0.95)


@settings(max_examples=40, deadline=None)
@given(values=bounded_rows)
def test_turning_the_differences_round_mirrors_the_interval(values):
    found = betting_sequence(values, grid=50)
    mirrored = betting_sequence(-np.array(values), grid=50)
    assert mirrored.low == pytest.approx(-found.high, abs=1e-9)
    assert mirrored.high == pytest.approx(-found.low, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(values=bounded_rows, scale=some.floats(0.1, 100), shift=some.floats(-50, 50))
def test_the_unit_of_the_data_does_not_matter(values, scale, shift):
    x = np.array(values)
    found = betting_sequence(x, grid=50)
    moved = betting_sequence(
        np.clip(x * scale + shift, shift - scale, shift + scale),
        low=shift - scale,
        high=shift + scale,
        grid=50,
    )
    assert moved.low == pytest.approx(found.low * scale + shift, abs=scale * 0.05)
    assert moved.high == pytest.approx(found.high * scale + shift, abs=scale * 0.05)


def test_the_interval_closes_on_the_mean():
    x = np.random.default_rng(5).choice([-1.0, 0.0, 1.0], p=[0.1, 0.7, 0.2], size=3000)
    widths = [
        interval.high - interval.low
        for interval in (betting_sequence(x).at(n) for n in (30, 300, 3000))
    ]
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < 0.12


def test_a_whole_population_leaves_no_doubt():
    values = [1.0, 1.0, 0.0, -1.0, 0.0]
    found = betting_sequence(values, population=5).at(5)
    assert (found.low, found.high) == pytest.approx((0.2, 0.2))


def test_a_population_nearly_seen_is_known_better():
    x = np.random.default_rng(8).choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=90)
    open_ended = betting_sequence(x).at(90)
    finite = betting_sequence(x, population=100).at(90)
    assert finite.high - finite.low < 0.6 * (open_ended.high - open_ended.low)
    least, greatest = (x.sum() - 10) / 100, (x.sum() + 10) / 100
    assert finite.low >= least - 1e-12
    assert finite.high <= greatest + 1e-12


def test_bounds_shown_once_stay_where_asked():
    x = np.random.default_rng(9).choice([-1.0, 0.0, 1.0], size=200)
    kept = betting_sequence(x, intersect=True)
    assert np.all(np.diff(kept.low) >= 0)
    assert np.all(np.diff(kept.high) <= 0)
    free = betting_sequence(x)
    assert np.all(kept.low >= free.low)
    assert np.all(kept.high <= free.high)


def test_constant_differences_are_no_special_case():
    found = betting_sequence([0.0] * 50).at(50)
    assert found.low < 0 < found.high
    top = betting_sequence([1.0] * 50).at(50)
    assert top.high == 1.0
    assert top.low > 0.7


def test_the_mean_is_hardly_ever_outside():
    rng = np.random.default_rng(13)
    missed = 0
    for _ in range(400):
        x = rng.choice([-1.0, 0.0, 1.0], p=[0.05, 0.75, 0.2], size=150)
        sequence = betting_sequence(x, grid=100)
        missed += bool(np.any((sequence.low > 0.15) | (sequence.high < 0.15)))
    assert missed / 400 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)


def test_the_mean_of_a_population_is_hardly_ever_outside():
    rng = np.random.default_rng(14)
    suite = np.repeat([-1.0, 0.0, 1.0], [10, 70, 20])
    missed = 0
    for _ in range(400):
        sequence = betting_sequence(rng.permutation(suite), population=100, grid=100)
        missed += bool(np.any((sequence.low > 0.1 + 1e-9) | (sequence.high < 0.1 - 1e-9)))
    assert missed / 400 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ([], {}),
        ([[0.1]], {}),
        ([0.1, math.nan], {}),
        ([1.5], {}),
        ([0.1], {"low": 0.5}),
        ([0.1], {"low": 1.0, "high": 1.0}),
        ([0.1], {"high": math.inf}),
        ([0.1], {"alpha": 0.0}),
        ([0.1], {"grid": 0}),
        ([0.1, 0.2], {"population": 1}),
    ],
)
def test_what_cannot_be_bet_on_is_refused(values, wrong):
    with pytest.raises(ValueError, match=r"must|needed|population"):
        betting_sequence(values, **wrong)


def test_an_interval_is_asked_for_within_what_was_seen():
    sequence = betting_sequence([0.1, 0.2])
    for n in (0, 3):
        with pytest.raises(ValueError, match="n must be within 1 and 2"):
            sequence.at(n)


def test_values_are_moved_to_the_unit_scale():
    assert unit_scaled([-2, 0, 2], low=-2, high=2).tolist() == [0.0, 0.5, 1.0]
