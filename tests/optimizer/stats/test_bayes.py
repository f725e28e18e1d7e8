from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from optimizer.stats.bayes import (
    Posterior,
    beta_binomial,
    jeffreys,
    paired_dirichlet,
    posterior_best,
)

Arms = tuple[int, int, int, int]
rates = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
priors = st.sampled_from([(1.0, 1.0), (0.5, 0.5), (2.0, 5.0), (0.1, 0.3)])


def shifted_below(first: stats.rv_continuous, second: stats.rv_continuous, shift: float) -> float:
    """P(second <= first + shift), by adaptive quadrature between the bends."""
    bends = {0.0, 1.0, max(0.0, -shift), min(1.0, 1 - shift)}
    bends |= {float(first.ppf(p)) for p in (1e-12, 0.01, 0.5, 0.99, 1 - 1e-12)}
    bends |= {min(max(float(second.ppf(p)) - shift, 0.0), 1.0) for p in (1e-9, 0.5, 1 - 1e-9)}
    return sum(
        integrate.quad(lambda x: first.pdf(x) * second.cdf(x + shift), low, high, epsabs=1e-12)[0]
        for low, high in pairwise(sorted(bends))
    )


def closed_form(counts: Arms) -> float:
    """P(second > first) under flat priors, as a finite sum over the second's successes."""
    x1, n1, x2, n2 = counts
    a1, b1, a2, b2 = x1 + 1, n1 - x1 + 1, x2 + 1, n2 - x2 + 1
    i = np.arange(a2)
    terms = (
        special.betaln(a1 + i, b1 + b2) - np.log(b2 + i) - special.betaln(1 + i, b2)
    ) - special.betaln(a1, b1)
    return float(np.exp(terms).sum())


@given(
    rate=rates,
    level=st.sampled_from([0.5, 0.9, 0.95, 0.999]),
    prior=st.sampled_from([(1.0, 1.0), (0.5, 0.5), (2.0, 5.0)]),
)
def test_credible_interval_leaves_equal_tails(
    rate: tuple[int, int], level: float, prior: tuple[float, float]
) -> None:
    k, n = rate
    found = jeffreys(k, n, level=level, prior=prior)
    posterior = stats.beta(k + prior[0], n - k + prior[1])
    assert posterior.cdf(found.low) == pytest.approx((1 - level) / 2, abs=1e-7)
    assert posterior.sf(found.high) == pytest.approx((1 - level) / 2, abs=1e-7)
    assert found.estimate == pytest.approx(posterior.mean())
    mirrored = jeffreys(n - k, n, level=level, prior=prior[::-1])
    assert (mirrored.low, mirrored.high) == pytest.approx(
        (1 - found.high, 1 - found.low), abs=1e-12
    )


@settings(max_examples=40)
@given(first=rates, second=rates)
def test_p_better_is_the_closed_form_of_flat_priors(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    counts = (*first, *second)
    assert beta_binomial(*counts).p_better == pytest.approx(closed_form(counts), abs=1e-11)


@pytest.mark.parametrize(
    "counts",
    [
        (500_000, 10**6, 501_000, 10**6),
        (0, 10**6, 3, 10**6),
        (999_999, 10**6, 1, 2),
        (10**6, 10**6, 10**6 - 5, 10**6),
    ],
)
def test_a_million_outcomes_are_as_exact_as_ten(counts: Arms) -> None:
    found = beta_binomial(*counts)
    assert found.p_better == pytest.approx(closed_form(counts), abs=1e-8)
    assert found.loss_first - found.loss_second == pytest.approx(found.estimate, abs=1e-12)


@pytest.mark.parametrize("prior", [(1.0, 1.0), (0.5, 0.5), (2.0, 5.0)])
@pytest.mark.parametrize(
    "counts", [(6, 20, 11, 20), (0, 30, 0, 12), (3, 3, 40, 50), (1, 1000, 5, 9), (0, 0, 2, 4)]
)
def test_distribution_of_the_difference_is_that_of_quadrature(
    counts: Arms, prior: tuple[float, float]
) -> None:
    x1, n1, x2, n2 = counts
    first = stats.beta(x1 + prior[0], n1 - x1 + prior[1])
    second = stats.beta(x2 + prior[0], n2 - x2 + prior[1])
    found = beta_binomial(*counts, prior=prior, level=0.9)
    assert found.p_better == pytest.approx(1 - shifted_below(first, second, 0), abs=1e-7)
    assert shifted_below(first, second, found.low) == pytest.approx(0.05, abs=1e-7)
    assert shifted_below(first, second, found.high) == pytest.approx(0.95, abs=1e-7)


def test_two_unknown_rates_differ_by_a_triangle() -> None:
    # flat priors: P(|D| > d) = (1 - d)^2, E max(D, 0) = 1/6
    found = beta_binomial(0, 0, 0, 0)
    edge = 1 - math.sqrt(0.05)
    assert (found.low, found.high) == pytest.approx((-edge, edge), abs=1e-12)
    assert found.p_better == pytest.approx(0.5)
    assert (found.loss_first, found.loss_second) == pytest.approx((1 / 6, 1 / 6))


@settings(max_examples=40)
@given(first=rates, second=rates, prior=priors)
def test_beta_binomial_mirrors_when_the_samples_change_places(
    first: tuple[int, int], second: tuple[int, int], prior: tuple[float, float]
) -> None:
    forward = beta_binomial(*first, *second, prior=prior)
    backward = beta_binomial(*second, *first, prior=prior)
    assert_mirrored(forward, backward)


@settings(max_examples=40)
@given(
    st.integers(0, 200), st.integers(0, 200), st.integers(1, 300), st.sampled_from([0.1, 0.5, 1, 3])
)
def test_paired_dirichlet_mirrors_when_the_sides_change_places(
    b: int, c: int, rest: int, prior: float
) -> None:
    n = b + c + rest
    assert_mirrored(paired_dirichlet(b, c, n, prior=prior), paired_dirichlet(c, b, n, prior=prior))


def assert_mirrored(forward: Posterior, backward: Posterior) -> None:
    assert forward.p_better == pytest.approx(1 - backward.p_better, abs=1e-11)
    assert forward.loss_first == pytest.approx(backward.loss_second, abs=1e-12)
    assert forward.estimate == pytest.approx(-backward.estimate, abs=1e-14)
    assert (forward.low, forward.high) == pytest.approx((-backward.high, -backward.low), abs=1e-8)
    assert forward.loss_first - forward.loss_second == pytest.approx(forward.estimate, abs=1e-12)
    assert -1 <= forward.low < forward.high <= 1


@pytest.mark.parametrize(
    ("b", "c", "n", "prior"),
    [(6, 16, 161, 0.5), (0, 0, 10, 0.5), (0, 4, 4, 1), (30, 2, 40, 0.5), (1, 0, 1, 2)],
)
def test_paired_interval_is_that_of_quadrature(b: int, c: int, n: int, prior: float) -> None:
    found = paired_dirichlet(b, c, n, prior=prior, level=0.8)
    scale = stats.beta(b + c + 2 * prior, n - b - c + 2 * prior)
    side = stats.beta(c + prior, b + prior)

    def below(difference: float) -> float:
        # given how the discordant pairs lean, the difference is the lean times their share
        def given_lean(v: float) -> float:
            lean = 2 * v - 1
            if lean == 0:
                return float(side.pdf(v) * (difference > 0))
            share = scale.cdf(difference / lean) if lean > 0 else scale.sf(difference / lean)
            return float(side.pdf(v) * share)

        bends = {0.0, 0.5, 1.0, (1 + difference) / 2}
        bends |= {float(side.ppf(p)) for p in (1e-12, 0.01, 0.5, 0.99, 1 - 1e-12)}
        return sum(
            integrate.quad(given_lean, low, high, epsabs=1e-12, limit=200)[0]
            for low, high in pairwise(sorted(bends))
        )

    assert below(found.low) == pytest.approx(0.1, abs=1e-6)
    assert below(found.high) == pytest.approx(0.9, abs=1e-6)
    assert found.p_better == pytest.approx(side.sf(0.5), abs=1e-12)


def test_paired_interval_of_many_pairs_is_that_of_the_normal() -> None:
    b, c, n = 100_000, 101_000, 10**6
    found = paired_dirichlet(b, c, n)
    half = 1.959963984540054 * math.sqrt((b + c) / n - ((c - b) / n) ** 2) / math.sqrt(n)
    assert found.high - found.low == pytest.approx(2 * half, rel=1e-3)
    assert (found.low + found.high) / 2 == pytest.approx((c - b) / n, rel=1e-3)


@settings(max_examples=40)
@given(first=rates, second=rates, prior=priors)
def test_best_of_two_is_the_better_one(
    first: tuple[int, int], second: tuple[int, int], prior: tuple[float, float]
) -> None:
    ks, ns = zip(first, second, strict=True)
    shares = posterior_best(ks, ns, prior=prior)
    assert shares[1] == pytest.approx(
        beta_binomial(*first, *second, prior=prior).p_better, abs=1e-10
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("prior", [0.001, 0.01, 100])
def test_priors_that_are_nearly_certain_need_no_care(prior: float) -> None:
    for counts in ((0, 5, 0, 5), (5, 5, 0, 10**5), (1, 5, 3, 10**5)):
        found = beta_binomial(*counts, prior=(prior, prior))
        assert 0 <= found.p_better <= 1
        assert found.low <= found.high
    for b, c, n in ((0, 0, 1), (0, 10**6, 10**6), (0, 0, 10**6), (3, 5, 10**6)):
        paired = paired_dirichlet(b, c, n, prior=prior)
        assert paired.low <= paired.high
        assert paired.loss_first - paired.loss_second == pytest.approx(paired.estimate, abs=1e-12)


def test_best_of_equal_samples_is_as_likely_each() -> None:
    assert posterior_best([3] * 5, [10] * 5) == pytest.approx([0.2] * 5)
    assert posterior_best([7], [9]) == [1]


def test_best_of_very_different_sizes_is_that_of_simulation() -> None:
    successes, n = [320, 349, 0, 1, 840], [400, 410, 0, 1, 1000]
    found = posterior_best(successes, n)
    k, size = np.array(successes), np.array(n)
    draws = np.random.default_rng(5).beta(k + 1, size - k + 1, (400_000, 5))
    wins = np.bincount(draws.argmax(axis=1), minlength=5) / len(draws)
    assert found == pytest.approx(list(wins), abs=4 * math.sqrt(0.25 / len(draws)))
    assert sum(found) == pytest.approx(1)


def test_best_does_not_depend_on_the_order() -> None:
    forward = posterior_best([3, 40, 0], [9, 90, 10**6])
    assert posterior_best([0, 40, 3], [10**6, 90, 9]) == pytest.approx(forward[::-1], abs=1e-14)


@pytest.mark.parametrize(("successes", "n"), [([], []), ([1], [2, 3]), ([3], [2]), ([1], [-1])])
def test_best_refuses_what_are_no_samples(successes: list[int], n: list[int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        posterior_best(successes, n)


@pytest.mark.parametrize("shape", [0, -1, math.inf, math.nan])
def test_refuses_what_is_no_prior(shape: float) -> None:
    kernels: list[Callable[[], object]] = [
        lambda: jeffreys(1, 2, prior=(1, shape)),
        lambda: beta_binomial(1, 2, 1, 2, prior=(shape, 1)),
        lambda: paired_dirichlet(1, 2, 5, prior=shape),
        lambda: posterior_best([1], [2], prior=(shape, 1)),
    ]
    for kernel in kernels:
        with pytest.raises(ValueError, match="a shape of the prior must be positive"):
            kernel()


@pytest.mark.parametrize("level", [0, 1, 95, math.nan])
def test_refuses_what_is_no_level(level: float) -> None:
    kernels: list[Callable[[], object]] = [
        lambda: jeffreys(1, 2, level=level),
        lambda: beta_binomial(1, 2, 1, 2, level=level),
        lambda: paired_dirichlet(1, 2, 5, level=level),
    ]
    for kernel in kernels:
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            kernel()


def test_refuses_counts_that_make_no_rates() -> None:
    with pytest.raises(ValueError, match="successes must be within"):
        jeffreys(3, 2)
    with pytest.raises(ValueError, match="must be a whole number"):
        beta_binomial(1, 2, 0.5, 2)
    with pytest.raises(ValueError, match="b \\+ c must be within"):
        paired_dirichlet(3, 3, 5)
