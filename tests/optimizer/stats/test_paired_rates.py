from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from optimizer.stats.paired_rates import (
    bonett_price,
    cochran_q,
    discordant_odds_ratio,
    mcnemar_asymptotic,
    mcnemar_exact,
    mcnemar_midp,
    newcombe_paired,
    tango,
    tango_test,
    wald_paired,
)
from optimizer.stats.results import HypothesisTest

SIZES = (20, 50, 100, 200)
FLIP_RATES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
Z = 1.959963984540054

counts = st.integers(0, 60)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@cache
def splits(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every b and c of n pairs."""
    b, c = np.divmod(np.arange((n + 1) ** 2), n + 1)
    fits = b + c <= n
    return b[fits], c[fits]


def worst_error_rate(test: Callable[[int, int], HypothesisTest]) -> float:
    p_value = cache(lambda b, c: test(b, c).p_value)
    rates = []
    for n in SIZES:
        b, c = splits(n)
        rejects = np.array([p_value(int(x), int(y)) <= 0.05 for x, y in zip(b, c, strict=True)])
        for flips in FLIP_RATES:
            chance = stats.binom.pmf(b + c, n, flips) * stats.binom.pmf(b, b + c, 0.5)
            rates.append(chance[rejects].sum())
    return float(max(rates))


def coverages(n: int) -> list[float]:
    b, c = splits(n)
    likely = b + c <= stats.binom.isf(1e-7, n, max(FLIP_RATES))
    b, c = b[likely], c[likely]
    interval = cache(lambda x, y: tango(x, y, n))
    low, high = np.empty(len(b)), np.empty(len(b))
    for place, (x, y) in enumerate(zip(b.tolist(), c.tolist(), strict=True)):
        found = interval(min(x, y), max(x, y))
        low[place], high[place] = (found.low, found.high) if x <= y else (-found.high, -found.low)
    found_rates = []
    for flips in FLIP_RATES:
        for share in (0.5, 0.6, 0.75, 0.9, 1.0):
            truth = flips * (2 * share - 1)
            chance = stats.binom.pmf(b + c, n, flips) * stats.binom.pmf(c, b + c, share)
            covers = (low <= truth + 1e-12) & (truth <= high + 1e-12)
            found_rates.append(float(chance[covers].sum() / chance.sum()))
    return found_rates


@pytest.mark.parametrize(
    ("test", "expected"),
    [(mcnemar_midp, 0.0494), (mcnemar_exact, 0.0395), (mcnemar_asymptotic, 0.0536)],
)
def test_worst_error_rate_over_all_outcomes_is_as_known(
    test: Callable[[int, int], HypothesisTest], expected: float
) -> None:
    assert worst_error_rate(test) == pytest.approx(expected, abs=5e-5)


def test_worst_error_rate_with_continuity_is_as_low_as_that_of_the_exact_test() -> None:
    assert worst_error_rate(lambda b, c: mcnemar_asymptotic(b, c, continuity=True)) <= 0.0395


def test_tango_covers_nearly_its_level_at_every_size_flip_rate_and_difference() -> None:
    found = [rate for n in SIZES for rate in coverages(n)]
    assert min(found) >= 0.933
    assert np.mean(found) >= 0.945


def test_significant_mid_p_means_that_tango_excludes_no_difference() -> None:
    # for few discordant pairs; the reverse fails, such as at 0 and 4
    for m in range(1, 60):
        for b in range(m // 2 + 1):
            if mcnemar_midp(b, m - b).p_value < 0.05:
                assert tango(b, m - b, 400).low > 0
    assert tango(0, 4, 400).low > 0
    assert mcnemar_midp(0, 4).p_value > 0.05


@given(b=counts, c=counts)
def test_exact_test_is_the_binomial_test_of_scipy(b: int, c: int) -> None:
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c).p_value == pytest.approx(expected, rel=1e-10)


@given(b=counts, c=counts)
def test_mid_p_leaves_out_half_of_what_was_seen(b: int, c: int) -> None:
    seen = stats.binom.pmf(b, b + c, 0.5)
    expected = 1 - seen / 2 if b == c else mcnemar_exact(b, c).p_value - seen
    assert mcnemar_midp(b, c).p_value == pytest.approx(expected if b + c else 1.0, abs=1e-12)


@given(b=counts, c=counts, continuity=st.booleans())
def test_tests_mirror_when_the_sides_change_places(b: int, c: int, continuity: bool) -> None:
    for test in (mcnemar_midp, mcnemar_exact, mcnemar_asymptotic):
        forward, backward = test(b, c), test(c, b)
        assert forward.p_value == backward.p_value
        assert forward.n == b + c
        if b + c:
            assert forward.statistic == -backward.statistic
    corrected = mcnemar_asymptotic(b, c, continuity=continuity)
    assert corrected.p_value >= mcnemar_asymptotic(b, c).p_value


def test_without_discordant_pairs_nothing_speaks_against_equality() -> None:
    assert mcnemar_midp(0, 0).p_value == 1
    assert mcnemar_exact(0, 0).p_value == 1
    found = mcnemar_asymptotic(0, 0)
    assert math.isnan(found.statistic)
    assert found.p_value == 1


def test_half_a_million_flips_each_way_keep_their_digits() -> None:
    # 1 - C(2k, k) / 4^k / 2, Stirling: 1 / sqrt(pi k) (1 - 1 / 8k)
    k = 500_000
    seen = (1 - 1 / (8 * k)) / math.sqrt(math.pi * k)
    assert mcnemar_midp(k, k).p_value == pytest.approx(1 - seen / 2, abs=1e-12)
    assert mcnemar_midp(k, k + 3000).p_value == pytest.approx(
        mcnemar_asymptotic(k, k + 3000).p_value, rel=1e-4
    )


def likeliest(b: int, c: int, n: int, difference: float) -> float:
    """The only-first share that is likeliest at the difference, numerically."""

    def unlikelihood(share: float) -> float:
        cells = (share, share + difference, 1 - 2 * share - difference)
        return -sum(
            k * math.log(max(p, 1e-300)) for k, p in zip((b, c, n - b - c), cells, strict=True)
        )

    limits = max(0.0, -difference), (1 - difference) / 2
    return float(optimize.minimize_scalar(unlikelihood, bounds=limits, options={"xatol": 1e-12}).x)


@pytest.mark.parametrize(("b", "c", "n"), [(6, 16, 161), (1, 7, 21), (3, 3, 20), (12, 2, 40)])
@pytest.mark.parametrize("margin", [-0.1, -0.03, 0.02, 0.05, 0.2])
def test_score_test_takes_the_likeliest_rates(b: int, c: int, n: int, margin: float) -> None:
    share = likeliest(b, c, n, -margin)
    variance = n * (2 * share - margin * (1 + margin))
    z = (c - b + n * margin) / math.sqrt(variance)
    found = tango_test(b, c, n, margin=margin)
    assert found.statistic == pytest.approx(z, rel=1e-5)
    assert found.p_value == pytest.approx(stats.norm.sf(found.statistic), rel=1e-9)


@given(b=counts, c=counts, rest=st.integers(1, 100), level=levels)
def test_tango_ends_where_its_test_begins_to_reject(
    b: int, c: int, rest: int, level: float
) -> None:
    n = b + c + rest
    found, z = tango(b, c, n, level=level), stats.norm.ppf((1 + level) / 2)
    assert tango_test(b, c, n, margin=-found.low).statistic == pytest.approx(z, abs=1e-6)
    assert tango_test(b, c, n, margin=-found.high).statistic == pytest.approx(-z, abs=1e-6)


@given(b=counts, c=counts)
def test_score_test_without_margin_is_that_of_mcnemar(b: int, c: int) -> None:
    found = tango_test(b, c, b + c + 5)
    expected = mcnemar_asymptotic(b, c).statistic if b + c else 0.0
    assert found.statistic == pytest.approx(expected)


@given(both=counts, b=counts, c=counts, neither=counts, level=levels)
def test_intervals_mirror_and_hold_their_estimate(
    both: int, b: int, c: int, neither: int, level: float
) -> None:
    n = both + b + c + neither
    if n == 0:
        return
    for forward, backward in (
        (tango(b, c, n, level=level), tango(c, b, n, level=level)),
        (bonett_price(b, c, n, level=level), bonett_price(c, b, n, level=level)),
        (wald_paired(b, c, n, level=level), wald_paired(c, b, n, level=level)),
        (
            newcombe_paired(both, b, c, neither, level=level),
            newcombe_paired(both, c, b, neither, level=level),
        ),
    ):
        assert (forward.low, forward.high) == pytest.approx(
            (-backward.high, -backward.low), abs=1e-12
        )
        assert forward.estimate == (c - b) / n
        assert -1 <= forward.low <= forward.high <= 1
        assert (forward.level, forward.n) == (level, n)


@pytest.mark.parametrize("n", [1, 5, 100, 10**6])
def test_tango_of_one_way_flips_has_a_closed_form(n: int) -> None:
    found = tango(0, n, n)
    assert (found.low, found.high) == pytest.approx(((n - Z**2) / (n + Z**2), 1.0), abs=1e-9)
    still = tango(0, 0, n)
    assert (still.low, still.high) == pytest.approx((-(Z**2) / (n + Z**2), Z**2 / (n + Z**2)))


def test_newcombe_without_a_margin_drops_the_correlation() -> None:
    # all second sides succeed: phi is 0, so sqrt((p2 - l2)^2 + (u1 - p1)^2) with Wilson's bounds
    found = newcombe_paired(6, 0, 4, 0)
    l2, u1, l1 = 10 / (10 + Z**2), 0.8318, 0.3127
    assert found.low == pytest.approx(0.4 - math.hypot(1 - l2, u1 - 0.6), abs=5e-5)
    assert found.high == pytest.approx(0.4 + math.hypot(0, 0.6 - l1), abs=5e-5)


def test_wald_shrinks_to_a_point_where_nothing_flips() -> None:
    found = wald_paired(0, 0, 50)
    assert (found.low, found.high) == (0, 0)


def test_odds_ratio_of_flips_is_bounded_by_the_exact_share() -> None:
    found = discordant_odds_ratio(6, 16)
    share = stats.binomtest(16, 22).proportion_ci(0.95, method="exact")
    assert found.estimate == pytest.approx(16 / 6)
    assert (found.low, found.high) == pytest.approx(
        (share.low / (1 - share.low), share.high / (1 - share.high))
    )
    assert found.p_value == mcnemar_exact(6, 16).p_value


def test_odds_ratio_of_flips_is_unbounded_where_a_side_never_wins() -> None:
    only_second, only_first, none = (
        discordant_odds_ratio(*pair) for pair in ((0, 5), (5, 0), (0, 0))
    )
    # 0.025 ** (1/5) = 0.47818
    assert (only_second.estimate, only_second.high) == (math.inf, math.inf)
    assert only_second.low == pytest.approx(0.025**0.2 / (1 - 0.025**0.2))
    assert (only_first.estimate, only_first.low) == (0, 0)
    assert only_first.high == pytest.approx(1 / only_second.low)
    assert math.isnan(none.estimate)
    assert (none.low, none.high, none.p_value) == (0, math.inf, 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_cochran_q_of_two_columns_is_mcnemar(rows: list[tuple[bool, bool]]) -> None:
    b = sum(first and not second for first, second in rows)
    c = sum(second and not first for first, second in rows)
    found = cochran_q([[int(x) for x in row] for row in rows])
    expected = mcnemar_asymptotic(b, c)
    assert found.statistic == pytest.approx(expected.statistic**2, nan_ok=True)
    assert found.p_value == pytest.approx(expected.p_value)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_cochran_q_does_not_depend_on_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, (30, 4))
    shuffled = rng.permutation(rng.permutation(y, axis=0), axis=1)
    assert cochran_q(y).statistic == pytest.approx(cochran_q(shuffled).statistic)


@pytest.mark.parametrize("y", [[], [1, 0], [[1], [0]], [[1, 2]], [[1, math.nan]]])
def test_cochran_q_refuses_what_is_no_table_of_outcomes(y: list[object]) -> None:
    with pytest.raises(ValueError, match="y must"):
        cochran_q(y)


@pytest.mark.parametrize("kernel", [mcnemar_midp, mcnemar_exact, mcnemar_asymptotic])
@pytest.mark.parametrize("b", [-1, 1.5, math.nan, math.inf])
def test_tests_refuse_what_is_no_count(
    kernel: Callable[[float, float], HypothesisTest], b: float
) -> None:
    with pytest.raises(ValueError, match="b must be a whole number"):
        kernel(b, 3)


@pytest.mark.parametrize("kernel", [tango, tango_test, bonett_price, wald_paired])
@pytest.mark.parametrize(("b", "c", "n"), [(0, 0, 0), (3, 3, 5), (-1, 0, 5), (0, 1, 2.5)])
def test_intervals_refuse_more_flips_than_pairs(
    kernel: Callable[[int, int, float], object], b: int, c: int, n: float
) -> None:
    with pytest.raises(ValueError, match="must be"):
        kernel(b, c, n)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, math.nan])
def test_intervals_refuse_what_is_no_level(level: float) -> None:
    for kernel in (tango, bonett_price, wald_paired):
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            kernel(1, 2, 10, level=level)
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        newcombe_paired(1, 1, 1, 1, level=level)
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        discordant_odds_ratio(1, 1, level=level)


@pytest.mark.parametrize("margin", [-1, 1, math.nan])
def test_score_test_refuses_what_is_no_margin(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be between"):
        tango_test(1, 2, 10, margin=margin)


def test_whole_numbers_of_numpy_do_not_overflow() -> None:
    big = np.int64(10**6)
    found = newcombe_paired(big, big, big, big)
    assert (found.estimate, found.low) == (0, pytest.approx(-found.high))
    assert found.high == pytest.approx(Z * math.sqrt(0.5 / 4e6), rel=1e-3)
