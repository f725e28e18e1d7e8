import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import betaln
from scipy.stats import beta, norm

from optimizer.stats.betting import betting_sequence
from optimizer.stats.running import plug_in_bets
from optimizer.stats.sequences import (
    asymptotic_sequence,
    empirical_bernstein,
    normal_mixture_bound,
    quantile_ab,
    rate_sequence,
    two_sample_sequence,
)

ALPHA = 0.05


def allowed(share, experiments):
    return share + 4 * math.sqrt(share * (1 - share) / experiments)


def test_the_mixture_at_its_bound_is_one_over_alpha():
    found = float(normal_mixture_bound(50.0, alpha=0.1, v_opt=80))
    rho = 80 / (-2 * math.log(0.1) + math.log(1 - 2 * math.log(0.1)))

    def tilted(slope):
        return math.exp(slope * found - slope**2 * 50 / 2) * norm.pdf(slope, 0, rho**-0.5)

    assert quad(tilted, -3, 3)[0] == pytest.approx(10, rel=1e-8)


def test_the_mixture_bound_is_tightest_near_its_optimum():
    optima = [10, 50, 100, 200, 1000]
    bounds = [float(normal_mixture_bound(100.0, v_opt=optimum)) for optimum in optima]
    assert min(bounds) == bounds[2]


@pytest.mark.parametrize(
    ("v", "wrong"),
    [
        ([-1.0], {"v_opt": 1}),
        ([math.nan], {"v_opt": 1}),
        ([1.0], {"v_opt": 0}),
        ([1.0], {"v_opt": 1, "alpha": 1.0}),
    ],
)
def test_the_mixture_bound_refuses_what_it_cannot_use(v, wrong):
    with pytest.raises(ValueError, match="must"):
        normal_mixture_bound(v, **wrong)


@given(
    mean=some.floats(-5, 5),
    sd=some.floats(0.01, 5),
    n=some.integers(2, 10_000),
    alpha=some.floats(0.001, 0.3),
    optimum=some.floats(1, 10_000),
)
def test_the_asymptotic_sequence_is_the_mixture_bound_in_the_unit_of_the_data(
    mean, sd, n, alpha, optimum
):
    found = asymptotic_sequence(mean, sd, n, alpha=alpha, optimum=optimum)
    half = sd / n * float(normal_mixture_bound(n, alpha=alpha, v_opt=optimum))
    assert found.high - mean == pytest.approx(half, rel=1e-9, abs=1e-12)
    assert mean - found.low == pytest.approx(half, rel=1e-9, abs=1e-12)
    assert (found.estimate, found.level, found.n) == (mean, 1 - alpha, n)


def test_without_spread_the_asymptotic_bounds_are_unknown():
    found = asymptotic_sequence(0.5, 0.0, 30, optimum=100)
    assert found.estimate == 0.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    ("mean", "sd", "n", "more"),
    [
        (0.1, 1.0, 1, {"optimum": 100}),
        (0.1, -1.0, 30, {"optimum": 100}),
        (math.nan, 1.0, 30, {"optimum": 100}),
        (0.1, 1.0, 30, {"optimum": 0}),
        (0.1, 1.0, 30, {"optimum": 100, "alpha": 0}),
    ],
)
def test_the_asymptotic_sequence_refuses_what_it_cannot_use(mean, sd, n, more):
    with pytest.raises(ValueError, match=r"must|need"):
        asymptotic_sequence(mean, sd, n, **more)


def test_looking_at_each_case_from_the_twentieth_on_keeps_the_error_rate():
    experiments, looks = 1500, np.arange(20, 201)
    d = np.random.default_rng(21).choice([-1.0, 0, 1], p=[0.1, 0.8, 0.1], size=(experiments, 200))
    mean = np.cumsum(d, axis=1)[:, 19:] / looks
    sd = np.sqrt((np.cumsum(d**2, axis=1)[:, 19:] / looks - mean**2) * looks / (looks - 1))
    missed = 0
    for means, sds in zip(mean.tolist(), sd.tolist(), strict=True):
        found = (
            asymptotic_sequence(m, s, n, optimum=100)
            for m, s, n in zip(means, sds, looks.tolist(), strict=True)
        )
        missed += any(interval.low > 0 or interval.high < 0 for interval in found)
    assert missed / experiments == pytest.approx(0.02, abs=4 * math.sqrt(0.02 * 0.98 / experiments))


SAMPLES = (0.8, 0.16, 400, 0.85, 0.1275, 410)


def test_two_samples_swapped_give_the_mirrored_interval():
    found = two_sample_sequence(*SAMPLES, tuning=500)
    swapped = two_sample_sequence(*SAMPLES[3:], *SAMPLES[:3], tuning=500)
    assert swapped.estimate == pytest.approx(-found.estimate)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert swapped.p_value == pytest.approx(found.p_value)
    assert swapped.statistic == pytest.approx(-found.statistic)
    assert found.n == 810
    assert found.df is None


@given(
    gap=some.floats(0, 2),
    n=some.integers(2, 5000),
    ratio=some.floats(1, 5),
    alpha=some.floats(0.001, 0.3),
    tuning=some.floats(1, 10_000),
)
def test_p_falls_to_alpha_where_the_interval_leaves_zero(gap, n, ratio, alpha, tuning):
    found = two_sample_sequence(0.0, 1.0, n, gap, ratio, 2 * n, alpha=alpha, tuning=tuning)
    if abs(found.p_value - alpha) > 1e-9:
        assert (found.p_value < alpha) == (found.low > 0)


def test_two_samples_without_spread_say_nothing_of_their_difference():
    same = two_sample_sequence(1.0, 0.0, 20, 1.0, 0.0, 20, tuning=100)
    other = two_sample_sequence(1.0, 0.0, 20, 0.5, 0.0, 20, tuning=100)
    assert same.p_value == 1.0
    assert math.isnan(other.p_value)
    assert math.isnan(other.low)
    assert math.isnan(other.statistic)
    assert other.standard_error == 0.0


def test_overwhelming_differences_do_not_overflow():
    assert two_sample_sequence(0, 1e-9, 10**6, 1, 1e-9, 10**6, tuning=100).p_value == 0.0


@pytest.mark.parametrize(
    "samples", [(0.5, 0.2, 1, 0.5, 0.2, 9), (0.5, 0.2, 9, 0.5, -0.2, 9), (math.inf, 1, 9, 0, 1, 9)]
)
def test_two_samples_out_of_range_are_refused(samples):
    with pytest.raises(ValueError, match="need n >= 2"):
        two_sample_sequence(*samples, tuning=100)


def test_the_edges_of_a_rate_are_where_the_mixture_reaches_one_over_alpha():
    found = rate_sequence(30, 40, alpha=0.1, optimum=60)
    kappa = 60 / (-2 * math.log(0.1) + math.log(1 - 2 * math.log(0.1))) - 1
    for p in (found.low, found.high):
        mixture = quad(
            lambda x, p=p: (
                (x / p) ** 30 * ((1 - x) / (1 - p)) ** 10 * beta.pdf(x, kappa * p, kappa * (1 - p))
            ),
            0,
            1,
        )[0]
        assert mixture == pytest.approx(10, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(n=some.integers(1, 300), share=some.floats(0, 1), optimum=some.floats(0.5, 5000))
def test_failures_have_the_mirrored_interval_of_successes(n, share, optimum):
    k = round(share * n)
    found = rate_sequence(k, n, optimum=optimum)
    mirrored = rate_sequence(n - k, n, optimum=optimum)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-9)
    assert mirrored.high == pytest.approx(1 - found.low, abs=1e-9)


def test_a_rate_of_all_or_none_keeps_its_end():
    assert rate_sequence(0, 50, optimum=100).low == 0.0
    assert rate_sequence(50, 50, optimum=100).high == 1.0
    assert rate_sequence(0, 50, optimum=100).high < 0.2


@pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 10), (11, 10)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="successes must"):
        rate_sequence(k, n, optimum=100)


@cache
def excludes(k, n, rate):
    found = rate_sequence(k, n, optimum=40)
    return found.low > rate or found.high < rate


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.85])
def test_a_rate_watched_at_every_n_is_excluded_no_oftener_than_alpha(rate):
    surviving, missed = {0: 1.0}, 0.0
    for n in range(1, 81):
        moved = {}
        for k, p in surviving.items():
            moved[k + 1] = moved.get(k + 1, 0.0) + p * rate
            moved[k] = moved.get(k, 0.0) + p * (1 - rate)
        missed += sum(p for k, p in moved.items() if excludes(k, n, rate))
        surviving = {k: p for k, p in moved.items() if not excludes(k, n, rate)}
    assert 0.005 < missed <= ALPHA


def test_the_bernstein_bound_weighs_each_observation_by_its_bet():
    x = np.random.default_rng(29).random(50)
    bets = np.minimum(plug_in_bets(x, alpha=ALPHA), 0.5)
    weighed = penalty = staked = total = 0.0
    for t, (value, bet) in enumerate(zip(x, bets, strict=True)):
        before = total / t if t else 0.0
        weighed += bet * value
        penalty += (value - before) ** 2 * (-math.log(1 - bet) - bet)
        staked += bet
        total += value
    found = empirical_bernstein(x, low=0, high=1).at(50)
    assert found.low == pytest.approx((weighed - math.log(40) - penalty) / staked)
    assert found.low > 0


@settings(max_examples=40, deadline=None)
@given(values=some.lists(some.floats(-1, 1), min_size=1, max_size=60))
def test_the_bernstein_interval_mirrors_with_the_data(values):
    found = empirical_bernstein(values)
    mirrored = empirical_bernstein(-np.array(values))
    assert mirrored.low == pytest.approx(-found.high, abs=1e-9)
    assert np.all(found.low >= -1)
    assert np.all(found.high <= 1)


def test_the_bernstein_interval_holds_and_is_wider_than_the_bets():
    rng = np.random.default_rng(31)
    missed = 0
    for _ in range(1000):
        x = rng.choice([-1.0, 0.0, 1.0], p=[0.05, 0.75, 0.2], size=300)
        sequence = empirical_bernstein(x)
        missed += bool(np.any((sequence.low > 0.15) | (sequence.high < 0.15)))
    assert missed / 1000 <= allowed(ALPHA, 1000)
    bets = betting_sequence(x)
    assert sequence.high[-1] - sequence.low[-1] > bets.high[-1] - bets.low[-1]


def test_the_bernstein_bounds_stay_where_asked():
    x = np.random.default_rng(33).choice([-1.0, 1.0], size=300)
    kept = empirical_bernstein(x, intersect=True)
    assert np.all(np.diff(kept.low) >= 0)
    assert np.all(np.diff(kept.high) <= 0)


@pytest.mark.parametrize(("values", "alpha"), [([], 0.05), ([2.0], 0.05), ([0.5], 0.0)])
def test_the_bernstein_interval_refuses_what_it_cannot_use(values, alpha):
    with pytest.raises(ValueError, match=r"must|needed"):
        empirical_bernstein(values, alpha=alpha)


def least_evidence_by_search(first, second, q, t_opt):
    kappa = t_opt / (-2 * math.log(ALPHA) + math.log(1 - 2 * math.log(ALPHA))) - 1
    a, b = kappa * q, kappa * (1 - q)

    def log_mixture(k, n):
        likelihood = k * math.log(q) + (n - k) * math.log(1 - q)
        return betaln(a + k, b + n - k) - betaln(a, b) - likelihood

    def least(sample, x):
        low, high = np.sum(sample < x), np.sum(sample <= x)
        ends = [log_mixture(low, sample.size), log_mixture(high, sample.size)]
        if low < high:
            inner = minimize_scalar(
                log_mixture, args=(sample.size,), bounds=(low, high), method="bounded"
            )
            ends.append(inner.fun)
        return min(ends)

    pooled = np.concatenate([first, second])
    points = np.concatenate([pooled, pooled + 1e-6, pooled - 1e-6])
    return min(least(first, x) + least(second, x) for x in points)


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_the_quantile_test_finds_the_common_quantile_that_speaks_least(q):
    rng = np.random.default_rng(41)
    first = rng.exponential(1.0, 70).round(1)
    second = rng.exponential(1.8, 50).round(1)
    found = quantile_ab(first, second, q=q, t_opt=100)
    expected = least_evidence_by_search(first, second, q, 100)
    assert found.log_e_value == pytest.approx(expected, abs=1e-5)
    assert found.p_value == pytest.approx(min(1.0, math.exp(-expected)), abs=1e-5)
    assert found.n == 120


def test_the_quantile_test_does_not_care_which_sample_is_first_nor_about_units():
    rng = np.random.default_rng(43)
    first, second = rng.normal(0, 1, 80), rng.normal(1, 2, 60)
    found = quantile_ab(first, second, q=0.75, t_opt=100).log_e_value
    assert quantile_ab(second, first, q=0.75, t_opt=100).log_e_value == pytest.approx(found)
    stretched = quantile_ab(np.exp(first), np.exp(second), q=0.75, t_opt=100)
    assert stretched.log_e_value == pytest.approx(found)


def test_samples_apart_have_overwhelming_evidence_and_tied_ones_none():
    apart = quantile_ab(np.zeros(300), np.ones(300), q=0.5, t_opt=100)
    assert apart.p_value < 1e-50
    assert quantile_ab(np.zeros(300), np.zeros(300), q=0.5, t_opt=100).p_value == 1.0


def test_the_quantile_test_keeps_the_error_rate_at_every_look():
    rng = np.random.default_rng(47)
    rejected = 0
    for _ in range(200):
        first, second = rng.normal(size=200), rng.normal(size=200)
        rejected += any(
            quantile_ab(first[:n], second[:n], q=0.5, t_opt=100).p_value <= ALPHA
            for n in range(20, 201, 20)
        )
    assert rejected / 200 <= allowed(ALPHA, 200)


@pytest.mark.parametrize(
    ("first", "second", "q"),
    [([], [1.0], 0.5), ([1.0], [math.nan], 0.5), ([1.0], [2.0], 0.0), ([1.0], [2.0], 1.0)],
)
def test_the_quantile_test_refuses_what_it_cannot_use(first, second, q):
    with pytest.raises(ValueError, match=r"must|needed"):
        quantile_ab(first, second, q=q, t_opt=100)
