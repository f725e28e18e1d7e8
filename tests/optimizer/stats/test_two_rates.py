from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from optimizer.stats.intervals import newcombe, wilson
from optimizer.stats.two_rates import (
    agresti_caffo,
    barnard,
    boschloo,
    farrington_manning,
    fisher,
    miettinen_nurminen,
    miettinen_nurminen_test,
    newcombe_counts,
    pearson_chi2,
    pooled_z,
    unpooled_z,
)

Arms = tuple[int, int, int, int]
rates = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
arms = st.tuples(rates, rates).map(lambda pair: (*pair[0], *pair[1]))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def mirrored(counts: Arms) -> Arms:
    x1, n1, x2, n2 = counts
    return x2, n2, x1, n1


def table(counts: Arms) -> list[list[int]]:
    x1, n1, x2, n2 = counts
    return [[n1 - x1, n2 - x2], [x1, x2]]


def likeliest(counts: Arms, null: float) -> float:
    """The first rate that is likeliest where the second is `null` above it, numerically."""
    x1, n1, x2, n2 = counts

    def unlikelihood(rate: float) -> float:
        cells = (rate, 1 - rate, rate + null, 1 - rate - null)
        return -sum(
            count * math.log(max(p, 1e-300))
            for count, p in zip((x1, n1 - x1, x2, n2 - x2), cells, strict=True)
        )

    limits = max(0.0, -null), min(1.0, 1 - null)
    return float(optimize.minimize_scalar(unlikelihood, bounds=limits, options={"xatol": 1e-12}).x)


@given(counts=arms)
def test_pooled_z_is_pearson_s_chi_square(counts: Arms) -> None:
    ours = pooled_z(*counts)
    theirs = pearson_chi2(table(counts))
    assert ours.statistic**2 == pytest.approx(theirs.statistic, nan_ok=True, abs=1e-12)
    assert ours.p_value == pytest.approx(theirs.p_value, abs=1e-12)
    assert farrington_manning(*counts).statistic == pytest.approx(
        ours.statistic, nan_ok=True, abs=1e-9
    )


@given(counts=arms)
def test_corrected_z_is_that_of_yates(counts: Arms) -> None:
    columns = np.array(table(counts))
    if columns.sum(axis=1).all():
        theirs = stats.chi2_contingency(columns, correction=True)
        ours = pooled_z(*counts, continuity=True)
        assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-9)


@given(st.lists(st.lists(st.integers(1, 50), min_size=3, max_size=3), min_size=2, max_size=4))
def test_pearson_s_chi_square_is_that_of_scipy(counts: list[list[int]]) -> None:
    theirs = stats.chi2_contingency(counts, correction=False)
    ours = pearson_chi2(counts)
    assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-12)
    assert (ours.df, ours.n) == (theirs.dof, sum(map(sum, counts)))


@given(counts=arms, level=levels, null=st.sampled_from([-0.3, -0.05, 0.0, 0.1]))
def test_everything_mirrors_when_the_samples_change_places(
    counts: Arms, level: float, null: float
) -> None:
    for interval in (agresti_caffo, miettinen_nurminen, unpooled_z):
        forward, backward = interval(*counts, level=level), interval(*mirrored(counts), level=level)
        assert (forward.low, forward.high) == pytest.approx(
            (-backward.high, -backward.low), abs=1e-12
        )
        assert forward.low <= forward.estimate <= forward.high or interval is agresti_caffo
    for test in (miettinen_nurminen_test, farrington_manning):
        one, other = test(*counts, null=null), test(*mirrored(counts), null=-null)
        assert one.statistic == pytest.approx(-other.statistic, nan_ok=True, abs=1e-9)
        assert one.p_value == pytest.approx(other.p_value, abs=1e-9)


@pytest.mark.parametrize(
    "counts",
    [(48, 80, 56, 70), (15, 72, 0, 16), (0, 10, 0, 20), (10, 10, 20, 20), (1, 3, 2, 3)],
)
@pytest.mark.parametrize("null", [-0.4, -0.1, 0.05, 0.3])
def test_score_tests_take_the_likeliest_rates(counts: Arms, null: float) -> None:
    x1, n1, x2, n2 = counts
    first = likeliest(counts, null)
    second = first + null
    variance = first * (1 - first) / n1 + second * (1 - second) / n2
    z = (x2 / n2 - x1 / n1 - null) / math.sqrt(variance)
    found = farrington_manning(*counts, null=null)
    assert found.statistic == pytest.approx(z, rel=1e-4)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.statistic)), rel=1e-9)
    n = n1 + n2
    with_factor = miettinen_nurminen_test(*counts, null=null)
    assert with_factor.statistic == pytest.approx(found.statistic * math.sqrt((n - 1) / n))


@given(counts=arms, level=levels)
def test_score_interval_ends_where_its_test_begins_to_reject(counts: Arms, level: float) -> None:
    found = miettinen_nurminen(*counts, level=level)
    for bound in (found.low, found.high):
        if abs(bound) < 1:
            p_value = miettinen_nurminen_test(*counts, null=bound).p_value
            assert p_value == pytest.approx(1 - level, abs=1e-7)
        else:
            assert bound == found.estimate


def test_score_interval_gives_the_published_example() -> None:
    # Newcombe (1998), table II (a): 56/70 - 48/80, Miettinen and Nurminen: 0.0528 to 0.3382
    found = miettinen_nurminen(48, 80, 56, 70)
    assert (found.low, found.high) == pytest.approx((0.0528, 0.3382), abs=5e-5)


def test_score_interval_of_two_zero_counts_is_the_wilson_bound_both_ways() -> None:
    # the first rate is 0 at any D > 0, so D / sqrt(D (1 - D) / n2 N / (N - 1)) = z
    z2 = 1.959963984540054**2 * 20 / 19
    found = miettinen_nurminen(0, 10, 0, 10)
    assert (found.low, found.high) == pytest.approx((-z2 / (10 + z2), z2 / (10 + z2)))


def test_score_interval_of_rare_events_among_millions_keeps_its_digits() -> None:
    # as the difference of Poisson counts: (3 - d)^2 = z^2 (d + 2 x), x the likeliest first mean
    found = miettinen_nurminen(0, 10**6, 3, 10**6)
    # no first event: x = 0 while d > 0; (3 - d)^2 = z^2 d at the upper bound
    z2 = 1.959963984540054**2
    upper = (6 + z2 + math.sqrt((6 + z2) ** 2 - 36)) / 2
    assert found.high * 1e6 == pytest.approx(upper, rel=1e-4)


@pytest.mark.parametrize("counts", [(0, 10, 0, 12), (10, 10, 12, 12)])
def test_without_any_spread_equal_rates_are_not_told_apart(counts: Arms) -> None:
    for test in (pooled_z, unpooled_z, farrington_manning, miettinen_nurminen_test):
        found = test(*counts)
        assert math.isnan(found.statistic)
        assert found.p_value == 1


def test_none_against_all_has_no_unpooled_test() -> None:
    found = unpooled_z(0, 5, 5, 5)
    assert (found.estimate, found.low, found.high) == (1, 1, 1)
    assert math.isnan(found.statistic)
    assert math.isnan(found.p_value)


@settings(max_examples=30)
@given(counts=arms)
def test_fisher_is_that_of_scipy(counts: Arms) -> None:
    theirs = stats.fisher_exact(table(counts))
    ours = fisher(table(counts))
    assert ours.p_value == theirs.pvalue
    assert ours.statistic == pytest.approx(theirs.statistic, nan_ok=True)


@pytest.mark.parametrize("counts", [(8, 15, 3, 15), (0, 6, 4, 7), (2, 4, 2, 4)])
def test_unconditional_tests_mirror_when_the_samples_change_places(counts: Arms) -> None:
    for is_pooled in (True, False):
        one = barnard(table(counts), is_pooled)
        other = barnard(table(mirrored(counts)), is_pooled)
        assert one.statistic == pytest.approx(-other.statistic)
        assert one.p_value == pytest.approx(other.p_value, abs=1e-6)
    assert boschloo(table(counts)).p_value == pytest.approx(
        boschloo(table(mirrored(counts))).p_value, abs=1e-6
    )
    assert barnard(table(counts)).statistic == pytest.approx(pooled_z(*counts).statistic)


def test_boschloo_rejects_where_fisher_does() -> None:
    # Boschloo and Fisher one-sided: 0 of 5 against 5 of 5 has max p^5 (1-p)^5 = 1/1024
    found = boschloo([[5, 0], [0, 5]])
    assert found.p_value == pytest.approx(2 / 1024, rel=1e-4)
    assert found.p_value < fisher([[5, 0], [0, 5]]).p_value


@pytest.mark.parametrize("kernel", [barnard, boschloo, fisher, pearson_chi2])
def test_table_with_an_empty_margin_tells_nothing(kernel: Callable[..., object]) -> None:
    for counts in ([[0, 0], [3, 4]], [[0, 3], [0, 4]]):
        found = kernel(counts)
        assert math.isnan(found.statistic)
        assert found.p_value == 1


@pytest.mark.parametrize("kernel", [barnard, boschloo, fisher, pearson_chi2])
@pytest.mark.parametrize(
    "counts", [[], [1, 2], [[1, 2]], [[-1, 2], [3, 4]], [[0.5, 1], [1, 1]], [[0, 0], [0, 0]]]
)
def test_refuses_what_is_no_table_of_counts(
    kernel: Callable[..., object], counts: list[object]
) -> None:
    with pytest.raises(ValueError, match="a table must"):
        kernel(counts)


def test_exact_tests_refuse_a_larger_table() -> None:
    for kernel in (barnard, boschloo, fisher):
        with pytest.raises(ValueError, match="must be two by two"):
            kernel([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    "kernel",
    [
        pooled_z,
        unpooled_z,
        agresti_caffo,
        miettinen_nurminen,
        farrington_manning,
        miettinen_nurminen_test,
    ],
)
@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (3, 2, 1, 2), (1, 2, -1, 2), (1, 2, 1, math.nan)])
def test_refuses_counts_that_make_no_two_rates(
    kernel: Callable[..., object], counts: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        kernel(*counts)


@pytest.mark.parametrize("kernel", [farrington_manning, miettinen_nurminen_test])
@pytest.mark.parametrize("null", [-1, 1, math.nan])
def test_score_tests_refuse_what_is_no_difference(
    kernel: Callable[..., object], null: float
) -> None:
    with pytest.raises(ValueError, match="null must be between"):
        kernel(1, 2, 1, 2, null=null)


def test_score_interval_covers_its_level_over_all_outcomes() -> None:
    n1, n2 = 12, 15
    outcomes = [(x1, x2) for x1 in range(n1 + 1) for x2 in range(n2 + 1)]
    found = [miettinen_nurminen(x1, n1, x2, n2) for x1, x2 in outcomes]
    x1, x2 = np.array(outcomes).T
    low, high = np.array([f.low for f in found]), np.array([f.high for f in found])
    covered = []
    for p1 in (0.05, 0.2, 0.5, 0.8):
        for p2 in (0.1, 0.3, 0.5, 0.9):
            chance = stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)
            covered.append(chance[(low <= p2 - p1) & (p2 - p1 <= high)].sum())
    assert min(covered) > 0.93
    assert np.mean(covered) > 0.945


@given(counts=arms, level=levels)
def test_newcombe_of_counts_is_newcombe_of_two_wilsons(counts: Arms, level: float) -> None:
    x1, n1, x2, n2 = counts
    of_intervals = newcombe(wilson(x1, n1, level=level), wilson(x2, n2, level=level))
    assert newcombe_counts(*counts, level=level) == of_intervals
    other = newcombe_counts(*mirrored(counts), level=level)
    assert (of_intervals.low, of_intervals.high) == pytest.approx((-other.high, -other.low))


def test_newcombe_refuses_more_successes_than_observations() -> None:
    with pytest.raises(ValueError, match="5"):
        newcombe_counts(5, 4, 1, 4)
