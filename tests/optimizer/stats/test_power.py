from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from optimizer.stats.mean_power import (
    best_repeats,
    cost_ratio_n,
    paired_t_n,
    repeats_floor,
    repeats_n,
    variance_beyond_noise,
    variance_limit,
    welch_t_n,
)
from optimizer.stats.power import (
    clustered_n,
    discordance_limit,
    mean_noninferiority_n,
    paired_noninferiority_n,
    paired_rates_detectable,
    paired_rates_n,
    paired_rates_power,
    two_rates_n,
)

# discordance: n for 3, 5, 10 points; n to prove no loss of 5 points; points found by 100, by 200
PLANS = {
    0.05: ((434, 155, None), 124, (None, 4.4)),
    0.10: ((870, 312, 77), 248, (8.8, 6.2)),
    0.15: ((1306, 469, 116), 371, (10.7, 7.6)),
    0.20: ((1742, 626, 155), 495, (12.4, 8.8)),
    0.30: ((2614, 940, 234), 742, (15.2, 10.8)),
}


@pytest.mark.parametrize("discordance", PLANS)
def test_plans_are_those_of_the_published_table(discordance: float) -> None:
    cases, proof, found = PLANS[discordance]
    for difference, n in zip((0.03, 0.05, 0.10), cases, strict=True):
        if n is None:
            with pytest.raises(ValueError, match="exceeds the discordance"):
                paired_rates_n(discordance, difference)
        else:
            assert math.ceil(paired_rates_n(discordance, difference)) == n
    assert math.ceil(paired_noninferiority_n(discordance, 0.05)) == proof
    for n, points in zip((100, 200), found, strict=True):
        smallest = paired_rates_detectable(n, discordance)
        assert (None if smallest is None else round(100 * smallest, 1)) == points


@pytest.mark.parametrize(("log_sd", "n"), [(0.2, 28), (0.3, 62), (0.5, 171)])
def test_a_cost_of_at_most_ten_percent_more_takes_the_published_n(log_sd: float, n: int) -> None:
    assert math.ceil(cost_ratio_n(log_sd)) == n


def test_independent_groups_take_906_each_for_80_against_85_percent() -> None:
    assert math.ceil(two_rates_n(0.80, 0.85)) == 906
    # 2 * 2.8015852^2 / h^2, h = 2 asin(sqrt(.85)) - 2 asin(sqrt(.8)) = 0.1318964
    assert two_rates_n(0.80, 0.85, method="arcsine") == pytest.approx(902.3434, abs=1e-3)


@pytest.mark.parametrize("repeats_and_n", [(1, 377), (3, 153), (10, 74)])
def test_repeats_stand_in_for_cases_up_to_a_floor(repeats_and_n: tuple[int, int]) -> None:
    # 377, 153 and 74 cases with 1, 3 and 10 repeats share one floor, 41, and one noise, 336
    repeats, n = repeats_and_n
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    unit = (0.1 / z) ** 2
    found = repeats_n(
        41 * unit, 168 * unit, 168 * unit, 0.1, first_repeats=repeats, second_repeats=repeats
    )
    assert found == pytest.approx(n, abs=1)
    assert repeats_floor(41 * unit, 0.1) == pytest.approx(41)


@pytest.mark.parametrize("discordance", PLANS)
@pytest.mark.parametrize("difference", [0.03, 0.05, 0.1])
def test_the_exact_test_has_the_planned_power(discordance: float, difference: float) -> None:
    if difference > discordance:
        return
    n = math.ceil(paired_rates_n(discordance, difference))
    assert 0.8 <= paired_rates_power(n, discordance, difference) <= 0.9


def exact_power(n: int, discordance: float, difference: float, alpha: float) -> float:
    gained, lost = (discordance + difference) / 2, (discordance - difference) / 2
    power = 0.0
    for c in range(n + 1):
        for b in range(n + 1 - c):
            k, m = min(b, c), b + c
            p = 2 * stats.binom.cdf(k, m, 0.5) - stats.binom.pmf(k, m, 0.5)
            if (1.0 if m == 0 else 1 - stats.binom.pmf(k, m, 0.5) / 2 if b == c else p) < alpha:
                cells = [c, b, n - m], [gained, lost, 1 - discordance]
                power += float(stats.multinomial.pmf(cells[0], n, cells[1]))
    return power


@pytest.mark.parametrize(
    ("n", "discordance", "difference", "alpha"),
    [
        (1, 0.5, 0.1, 0.05),
        (12, 0.6, 0.3, 0.05),
        (20, 0.4, -0.2, 0.2),
        (9, 1.0, 1.0, 0.5),
        (22, 0.9, 0.8, 1e-6),
    ],
)
def test_exact_power_is_the_sum_over_all_tables(
    n: int, discordance: float, difference: float, alpha: float
) -> None:
    found = paired_rates_power(n, discordance, difference, alpha=alpha)
    assert found == pytest.approx(exact_power(n, discordance, difference, alpha), abs=1e-12)


def test_the_midp_test_keeps_its_level_everywhere() -> None:
    sizes = [
        paired_rates_power(n, discordance, 0.0)
        for n in (20, 50, 100, 200)
        for discordance in np.arange(0.02, 0.52, 0.04).tolist()
    ]
    assert max(sizes) <= 0.0495


def test_exact_power_of_thousands_of_pairs_stays_a_probability() -> None:
    # normal power of Connor's n is 0.8 by definition
    n = math.ceil(paired_rates_n(0.2, 0.0178))
    assert n > 4900
    assert paired_rates_power(n, 0.2, 0.0178) == pytest.approx(0.8, abs=0.003)
    assert paired_rates_power(5000, 0.9, 0.9) == pytest.approx(1.0, abs=1e-15)


@given(
    discordance=st.floats(0.02, 1),
    share=st.floats(0.05, 0.99),
    power=st.floats(0.3, 0.99),
    sign=st.sampled_from([-1, 1]),
)
def test_the_detectable_difference_is_the_one_that_takes_this_many(
    discordance: float, share: float, power: float, sign: int
) -> None:
    n = paired_rates_n(discordance, sign * share * discordance, power=power)
    found = paired_rates_detectable(n, discordance, power=power)
    assert found == pytest.approx(share * discordance, rel=1e-6)


@given(n=st.floats(0.1, 1000), discordance=st.floats(0.01, 1))
def test_a_detectable_difference_never_exceeds_the_discordance(
    n: float, discordance: float
) -> None:
    found = paired_rates_detectable(n, discordance)
    if found is None:
        assert n < paired_rates_n(discordance, discordance) * (1 + 1e-9)
    else:
        assert 0 < found <= discordance


def test_a_handful_of_pairs_detects_nothing() -> None:
    assert paired_rates_detectable(3, 1.0) is None
    assert paired_rates_detectable(1, 0.5, power=0.06) is None


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["z", "arcsine"]))
def test_two_groups_take_as_many_whichever_is_first(a: float, b: float, method: str) -> None:
    assume(abs(a - b) > 1e-3)
    forward = two_rates_n(a, b, method=method)  # type: ignore[arg-type]
    assert two_rates_n(b, a, method=method) == pytest.approx(forward)  # type: ignore[arg-type]


# statsmodels 0.15.0: TTestPower and TTestIndPower, solve_power
T_TESTS = [
    (0.1, 0.05, 0.8, 786.80894, 1570.73304),
    (0.1, 0.05, 0.5, 386.02611, 769.16606),
    (0.8, 0.10, 0.95, 18.35834, 34.51829),
    (0.3, 0.01, 0.9, 168.65744, 332.31600),
]


@pytest.mark.parametrize(("d", "alpha", "power", "paired", "groups"), T_TESTS)
def test_t_tests_take_as_many_as_another_implementation_says(
    d: float, alpha: float, power: float, paired: float, groups: float
) -> None:
    assert paired_t_n(d, alpha=alpha, power=power) == pytest.approx(paired, abs=1e-4)
    assert welch_t_n(-d, alpha=alpha, power=power) == pytest.approx(groups, abs=1e-4)


@pytest.mark.parametrize("d", [1e-8, 1e-4, 3.0, 50.0])
def test_t_tests_of_any_effect_take_a_number_of_at_least_two(d: float) -> None:
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    for n, normal in ((paired_t_n(d), (z / d) ** 2), (welch_t_n(d), 2 * (z / d) ** 2)):
        assert n >= max(2.0, normal * (1 - 1e-4))
        assert n <= normal * (1 + 1e-4) + 3


def test_families_take_more_cases_than_independent_ones() -> None:
    assert clustered_n(155, 5, 0.2) == pytest.approx(279)
    assert clustered_n(155, 1, 0.9) == 155
    assert clustered_n(155, 5, 0.0) == 155


def test_the_best_number_of_repeats_costs_least() -> None:
    best = best_repeats(0.2, 0.25, 0.05, case_cost=8, run_cost=0.5)
    assert best == pytest.approx(12)  # sqrt(0.45 / 0.05 * 16)
    price = {
        k: repeats_n(0.05, 0.2, 0.25, 0.1, first_repeats=k, second_repeats=k) * (8 + k * 0.5)
        for k in range(1, 40)
    }
    assert min(price, key=price.__getitem__) == 12


def test_repeats_of_cases_that_do_not_differ_are_never_enough() -> None:
    assert best_repeats(0.1, 0.1, 0.0, case_cost=1, run_cost=1) == math.inf
    assert math.isnan(best_repeats(0.0, 0.0, 0.0, case_cost=1, run_cost=1))
    assert best_repeats(0.0, 0.0, 0.1, case_cost=1, run_cost=1) == 0


def test_variance_beyond_noise_is_what_repeats_leave() -> None:
    found = variance_beyond_noise(0.30, 0.2, 0.1, first_repeats=2, second_repeats=1)
    assert found == pytest.approx(0.1)
    assert variance_beyond_noise(0.1, 0.2, 0.1) == 0


def test_margins_of_means_and_of_paired_rates_are_one_formula() -> None:
    # (1.6448536 + 0.8416212)^2 * (0.2 - 0.0004) / 0.07^2
    expected = 6.1825572 * 0.1996 / 0.0049
    assert paired_noninferiority_n(0.2, 0.05, difference=0.02) == pytest.approx(expected, rel=1e-6)
    assert mean_noninferiority_n(0.1996, 0.05, difference=0.02) == pytest.approx(expected, rel=1e-6)
    halfway = cost_ratio_n(0.3, 1.21, ratio=1.1)
    assert halfway == pytest.approx(cost_ratio_n(0.3, 1.1))


def test_a_pilot_s_discordance_is_taken_at_its_upper_limit() -> None:
    expected = stats.binomtest(6, 40).proportion_ci(0.8, method="wilson").high
    assert discordance_limit(6, 40) == pytest.approx(expected)
    assert discordance_limit(6, 40, 0.9) > discordance_limit(6, 40)


def test_the_planned_cases_find_the_difference_as_often_as_planned() -> None:
    rng = np.random.default_rng(8)
    n = math.ceil(repeats_n(0.02, 0.15, 0.1, 0.1, first_repeats=2, second_repeats=5))
    true = rng.normal(0.1, math.sqrt(0.02), size=(4000, n))
    noise = rng.normal(0, math.sqrt(0.15 / 2 + 0.1 / 5), size=(4000, n))
    p = stats.ttest_1samp(true + noise, 0, axis=1).pvalue
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_rates_n(0, 0.1), "discordance must be"),
        (lambda: paired_rates_n(1.1, 0.1), "discordance must be"),
        (lambda: paired_rates_n(0.1, 0.2), "exceeds the discordance"),
        (lambda: paired_rates_n(0.1, math.nan), "exceeds the discordance"),
        (lambda: paired_rates_n(0.1, 0), "other than 0"),
        (lambda: paired_rates_n(0.1, 0.05, alpha=0), "0 < alpha < power < 1"),
        (lambda: paired_rates_n(0.1, 0.05, power=0.05), "0 < alpha < power < 1"),
        (lambda: paired_rates_power(0, 0.1, 0.05), "need n >= 1"),
        (lambda: paired_rates_power(10, 0.1, 0.05, alpha=0.6), "alpha <= 0.5"),
        (lambda: paired_rates_detectable(0, 0.1), "n must be positive"),
        (lambda: paired_noninferiority_n(0.1, 0), "margin > 0"),
        (lambda: paired_noninferiority_n(0.1, 0.05, difference=-0.05), "difference > -margin"),
        (lambda: two_rates_n(0.5, 0.5), "other than 0"),
        (lambda: two_rates_n(0.5, 1.5), "between 0 and 1"),
        (lambda: two_rates_n(0.5, 0.6, method="exact"), "'z' or 'arcsine'"),  # type: ignore[arg-type]
        (lambda: repeats_n(-0.1, 0, 0, 0.1), "variances must be"),
        (lambda: repeats_n(0.1, 0, 0, 0.1, first_repeats=0), "repeats must be"),
        (lambda: repeats_floor(0.1, 0.1, design_effect=0), "design_effect"),
        (lambda: variance_beyond_noise(0.1, 0, 0, second_repeats=0), "repeats must be"),
        (lambda: best_repeats(0.1, 0.1, 0.1, case_cost=0, run_cost=1), "costs must be"),
        (lambda: cost_ratio_n(0.2, 1.0), "limit > 1"),
        (lambda: cost_ratio_n(0.2, 1.1, ratio=1.2), "difference > -margin"),
        (lambda: paired_t_n(0), "other than 0"),
        (lambda: welch_t_n(math.inf), "other than 0"),
        (lambda: clustered_n(100, 0.5, 0.1), "size >= 1"),
        (lambda: clustered_n(100, 5, -0.5), "cannot have an icc"),
        (lambda: discordance_limit(5, 0), "within 0 and n"),
    ],
)
def test_refuses_plans_that_make_no_sense(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


def test_the_limit_of_a_variance_is_its_chi_square_bound() -> None:
    # 9 · 4 / χ²_9 at 0.1, which is 4.168
    assert variance_limit(4.0, 10) == pytest.approx(9 * 4 / stats.chi2.ppf(0.1, 9))
    assert variance_limit(0.0, 10) == 0.0
    assert variance_limit(1.0, 5) > variance_limit(1.0, 50) > 1.0


def test_the_limit_of_a_variance_is_too_low_one_time_in_ten() -> None:
    rng = np.random.default_rng(5)
    pilots = rng.normal(size=(20_000, 12)).var(axis=1, ddof=1)
    limits = np.array([variance_limit(float(variance), 12) for variance in pilots])
    assert (limits < 1).mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("variance", "n", "level"), [(-1, 5, 0.8), (1, 1, 0.8), (1, 5, 1.0)])
def test_the_limit_of_a_variance_needs_a_spread_and_a_level(
    variance: float, n: int, level: float
) -> None:
    with pytest.raises(ValueError, match=r"variances must be|need n >= 2"):
        variance_limit(variance, n, level)


def test_flips_that_count_by_their_chance_lie_between_whole_ones() -> None:
    assert discordance_limit(3, 20) < discordance_limit(3.5, 20) < discordance_limit(4, 20)
