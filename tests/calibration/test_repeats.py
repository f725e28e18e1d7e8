"""Cases that are run again and again: the case is the unit, not the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.experiments import comparing, pairing, rates
from optimizer.experiments.unpaired import unpaired
from optimizer.models.terms import Metric
from optimizer.stats.clusters import clustered_mcnemar
from optimizer.stats.mean_power import repeats_n
from optimizer.stats.means import fixed_suite_z, paired_t, welch
from optimizer.stats.two_rates import pooled_z

TAU = 0.8
GREAT = 2_000_000
"""Cases of a suite large enough to take its moments for the truth."""

ASYMPTOTIC = 0.055
"""Most that an asymptotic test may reject at 50 cases and more."""


def p_of_run_pairs(rng, first, second, repeats):
    """Student's t over pairs of runs, as if each run were a case."""
    return paired_t(runs(rng, second, repeats) - runs(rng, first, repeats)).p_value


def runs(rng, passed, repeats):
    """Passes of the single runs, in random order within each case."""
    outcomes = (np.arange(repeats) < passed[:, None]).astype(float)
    return rng.permuted(outcomes, axis=1).ravel()


def repeated(bench, suites, arms, reps, *, row, n, repeats, published, of, method=None):
    """False alarms of the product where two arms are alike."""
    first, second = suites(n + repeats).arms(reps, n, repeats=repeats, tau=TAU)
    alarms = [
        arms.found(arms.pairs(a, b, repeats), method=method)
        for a, b in zip(first, second, strict=True)
    ]
    what = f"n={n} R={repeats}, case t by compare"
    at_most = ASYMPTOTIC if n >= 50 else 1.0
    return bench.rate(row, what, alarms, published, of=of, at_most=at_most)


def test_single_runs_keep_the_level(bench, suites, reps, midp, decide):
    first, second = suites(1).arms(reps, 100)
    b, c = ((first > second).sum(axis=1), (first < second).sum(axis=1))
    d = second - first
    t = [paired_t(row).p_value < 0.05 for row in d]
    kinds = [decide(int(x), int(y), 100).kind for x, y in zip(b, c, strict=True)]
    z = [
        pooled_z(x, 100, y, 100).p_value < 0.05
        for x, y in zip(first.sum(axis=1).tolist(), second.sum(axis=1).tolist(), strict=True)
    ]
    claims = [kind in {"improved", "regressed"} for kind in kinds]
    assert np.array_equal(midp(b, c) < 0.05, claims)
    bench.hold(
        [
            bench.between("S1", "n=100 R=1, case t", t, 0.053, 0.055, of=20_000),
            bench.between("S1", "n=100 R=1, mid-p by compare", claims, 0.0, 0.05),
            bench.rate("S1-", "n=100 R=1, unpaired z on runs", z, 0.013),
        ]
    )


@pytest.mark.parametrize(
    ("n", "repeats", "published", "of", "method"),
    [(100, 5, 0.0495, 20_000, None), (100, 10, 0.051, 10_000, None), (30, 5, 0.048, 20_000, "t")],
)
def test_repeats_keep_the_level(bench, suites, arms, reps, n, repeats, published, of, method):
    method = method and "paired-t"
    bench.hold(
        [
            repeated(
                bench,
                suites,
                arms,
                min(reps, of),
                row="S1",
                n=n,
                repeats=repeats,
                published=published,
                of=of,
                method=method,
            )
        ]
    )


def test_few_changed_cases_keep_the_level_by_permutation(bench, suites, arms):
    first, second = suites(6).arms(1_000, 30, repeats=5, tau=TAU)
    alarms = [arms.found(arms.pairs(a, b, 5)) for a, b in zip(first, second, strict=True)]
    bench.hold([bench.between("S1", "n=30 R=5, by compare (sign flips)", alarms, 0.0, 0.05)])


def test_clustered_mcnemar_keeps_its_level_on_repeated_suites(bench, suites, reps):
    first, second = suites(7).arms(reps, 100, repeats=5, tau=TAU)
    alarms = [clustered_mcnemar(d).p_value < 0.05 for d in second - first]
    bench.hold(
        [bench.rate("S1", "n=100 R=5, clustered McNemar", alarms, 0.049, at_most=ASYMPTOTIC)]
    )


@pytest.mark.parametrize(
    ("n", "repeats", "pooled", "z_runs", "of"),
    [(100, 5, 0.098, 0.042, 20_000), (100, 10, 0.155, 0.083, 10_000), (30, 5, 0.094, None, 20_000)],
)
def test_runs_as_cases_are_told_apart(bench, suites, reps, n, repeats, pooled, z_runs, of):
    made = suites(8)
    first, second = made.arms(min(reps, of), n, repeats=repeats, tau=TAU)
    both = list(zip(first, second, strict=True))
    pairs = [p_of_run_pairs(made.rng, a, b, repeats) < 0.05 for a, b in both]
    total = n * repeats
    z = [pooled_z(a.sum(), total, b.sum(), total).p_value < 0.05 for a, b in both]
    figures = [bench.rate("S1-", f"n={n} R={repeats}, pairs of runs", pairs, pooled, of=of)]
    if z_runs is not None:
        what = f"n={n} R={repeats}, unpaired z on runs"
        figures.append(bench.rate("S1-", what, z, z_runs, of=of))
    bench.hold(figures)


@pytest.mark.parametrize(("repeats", "published", "naive"), [(5, 0.048, 0.219), (10, 0.051, 0.350)])
def test_different_suites_are_compared_by_case_means(
    bench, suites, arms, reps, repeats, published, naive
):
    made, reps, n = suites(9), min(reps, 10_000), 100
    first, second = (made.passes(made.rates(made.bases(reps, n)), repeats) for _ in range(2))
    alarms, z = [], []
    for a, b in zip(first, second, strict=True):
        alarms.append(welch(a / repeats, b / repeats).p_value < 0.05)
        z.append(pooled_z(a.sum(), n * repeats, b.sum(), n * repeats).p_value < 0.05)
    product = unpaired(
        Metric.SUCCESS,
        (arms.loaded("old", first[0], repeats), arms.loaded("new", second[0], repeats)),
        settings=comparing.ComparisonSettings(),
        alpha=0.05,
    )
    assert product.p_value == pytest.approx(welch(first[0] / repeats, second[0] / repeats).p_value)
    what = f"other cases, R={repeats}, "
    bench.hold(
        [
            bench.rate("S1b", f"{what}Welch", alarms, published, of=10_000, at_most=ASYMPTOTIC),
            bench.rate("S1b-", f"{what}z on runs", z, naive, of=10_000),
        ]
    )


@pytest.mark.parametrize(
    ("repeats", "published", "case_t"), [(3, 0.053, 0.020), (5, 0.048, 0.011), (10, 0.048, 0.001)]
)
def test_a_fixed_suite_keeps_the_level_whatever_its_cases_do(
    bench, suites, reps, repeats, published, case_t
):
    made, half = suites(10), 50
    bases = made.bases(reps, half)
    first, second = (made.rates(bases, tau=1.0) for _ in range(2))
    before = made.passes(np.hstack([first, second]), repeats)  # effects that cancel exactly
    after = made.passes(np.hstack([second, first]), repeats)
    each = np.full(2 * half, repeats)
    alarms, t = [], []
    for a, b in zip(before / repeats, after / repeats, strict=True):
        noise = [rate * (1 - rate) * repeats / (repeats - 1) for rate in (a, b)]
        alarms.append(fixed_suite_z(b - a, noise[0], each, noise[1], each).p_value < 0.05)
        t.append(paired_t(b - a).p_value < 0.05)
    bench.hold(
        [
            bench.rate("Cs", f"R={repeats}, z on runs' noise", alarms, published),
            bench.rate("Cs-", f"R={repeats}, case t", t, case_t),
        ]
    )


def moments(made, *, effect, n=GREAT):
    """Of a great suite: the effect, the variance of it, and of single runs of either arm."""
    bases = made.bases(1, n)
    first, second = made.rates(bases, tau=TAU), made.rates(bases, tau=TAU, effect=effect)
    d = second - first
    noise = [float((rate * (1 - rate)).mean()) for rate in (first, second)]
    return float(d.mean()), float(d.var()), *noise


def powers(bench, suites, arms, reps):
    """Power at the planned number of cases, for several repeats."""
    effect = 0.6
    difference, between, first_noise, second_noise = moments(suites(11), effect=effect)
    figures = []
    for repeats, n_published, published in ((1, 377, 0.801), (3, 153, 0.800), (10, 74, 0.795)):
        n = repeats_n(
            between,
            first_noise,
            second_noise,
            difference,
            first_repeats=repeats,
            second_repeats=repeats,
        )
        before, after = suites(12).arms(
            reps, int(np.ceil(n)), repeats=repeats, tau=TAU, effect=effect
        )
        found = [
            arms.found(arms.pairs(a, b, repeats), method="paired-t")
            for a, b in zip(before, after, strict=True)
        ]
        what = f"Miller, K={repeats}"
        figures += [
            bench.exact("S8", f"{what}: cases", n, n_published, digit=4, reps=GREAT),
            bench.rate("S8", f"{what}: power", found, published, at_most=0.82, at_least=0.78),
        ]
    return figures


def test_planned_repeats_reach_their_power(bench, suites, arms, reps):
    bench.hold(powers(bench, suites, arms, reps))


@pytest.mark.parametrize(
    ("repeats", "n_suites", "published", "of"),
    [
        pytest.param(10, 250, 0.051, 10_000, id="quick"),
        pytest.param(5, 2_000, 0.0495, 20_000, id="full", marks=pytest.mark.calibration),
    ],
)
def test_the_bench_notices_pooled_repeats(
    bench, suites, arms, monkeypatch, repeats, n_suites, published, of
):
    rng = np.random.default_rng(0)

    def pooled(pairs, metric, *, families):
        found = pairing.paired_values(pairs, metric, families=families)
        sides = [np.rint(side * repeats) for side in (found.baseline, found.candidate)]
        first, second = (runs(rng, side, repeats) for side in sides)
        return replace(found, baseline=first, candidate=second, kept=np.ones(len(first), bool))

    monkeypatch.setattr(rates, "paired_values", pooled)
    alarms = repeated(
        bench,
        suites,
        arms,
        n_suites,
        row="S1",
        n=100,
        repeats=repeats,
        published=published,
        of=of,
    )
    bench.notice("(a)", [alarms])


def test_the_bench_notices_dropped_pairs(bench, suites, arms, monkeypatch):
    def shuffled(pairs, metric, *, families):
        found = pairing.paired_values(pairs, metric, families=families)
        return replace(found, candidate=np.roll(found.candidate, 1))

    monkeypatch.setattr(rates, "paired_values", shuffled)
    alarms = repeated(
        bench, suites, arms, 2_000, row="S1", n=100, repeats=5, published=0.0495, of=20_000
    )
    bench.notice("(b)", [alarms, *powers(bench, suites, arms, 500)])
