"""How often intervals hold what they are about: scores, sparse flips, ratios, quantiles."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.stats.means import paired_t, pseudo_case
from optimizer.stats.ratios import fieller, geometric_ratio, log_delta
from optimizer.stats.tails import quantile_ratio

LEVELS = 4
"""Scores are 0, 1/4 ... 1."""

TRUE_RATIO = 1.1
WORST, ALL_COVER = 0.93, 0.97


def holds(interval, truth):
    return bool(interval.low - 1e-12 <= truth <= interval.high + 1e-12)


@pytest.mark.parametrize("n", [10, 20, 50, 100])
def test_student_covers_the_mean_of_scores(bench, suites, reps, n):
    from scipy.special import ndtri  # noqa: PLC0415 - as elsewhere

    first, second = suites(70).arms(reps, n, repeats=LEVELS, tau=0.8)
    covered, by_z = [], []
    for d in (second - first) / LEVELS:
        found = paired_t(d)
        covered.append(holds(found, 0.0))
        by_z.append(abs(found.estimate) <= ndtri(0.975) * found.standard_error)
    figures = [
        bench.between("S6", f"scores, n={n}, t", covered, 0.948, 0.953, of=20_000),
    ]
    if n == 10:
        figures.append(bench.rate("S6-", f"scores, n={n}, normal", by_z, 0.914))
    bench.hold(figures)


@pytest.mark.parametrize(("n", "by_t"), [(20, 0.889), (50, 0.926), (100, 0.940)])
def test_pseudo_cases_cover_where_few_cases_flip(bench, suites, reps, n, by_t):
    made, effect, mean = suites(71), 1.0, 4.3
    great = made.bases(1, 1_000_000, mean=mean)
    truth = float((made.rates(great, effect=effect) - made.rates(great)).mean())
    bases = made.bases(reps, n, mean=mean)
    first, second = (made.passes(made.rates(bases, effect=shift), 3) for shift in (0.0, effect))
    d = (second - first) / 3
    covered = [holds(pseudo_case(row), truth) for row in d]
    plain = [holds(paired_t(row), truth) for row in d]
    bench.hold(
        [
            bench.between("S6b", f"sparse flips, n={n}, pseudo-case", covered, ALL_COVER, 1.0),
            bench.rate("S6b-", f"sparse flips, n={n}, t", plain, by_t),
        ]
    )


def amounts(suites, reps, n, *, by_case, by_run):
    """Amounts of two arms: lognormal over cases, and over runs of a case."""
    rng = suites(72 + n).rng
    case = rng.normal(0, by_case, (reps, n))
    first, second = (np.exp(case + rng.normal(0, by_run, (reps, n))) for _ in range(2))
    return first, TRUE_RATIO * second


def costs(suites, reps, n):
    """What is paid depends on the case above all."""
    return amounts(suites, reps, n, by_case=0.8, by_run=0.35)


def times(suites, reps, n):
    """How long it takes depends on the moment above all; the more on the case, the wider
    the bootstrap's interval, up to a coverage of .99 with the spreads of the costs."""
    return amounts(suites, reps, n, by_case=0.3, by_run=0.6)


@pytest.mark.parametrize(("n", "published"), [(20, 0.964), (50, 0.957), (100, 0.951), (200, 0.951)])
def test_fieller_and_geometric_intervals_cover_the_ratio(bench, suites, reps, n, published):
    first, second = costs(suites, min(reps, 10_000), n)
    both = list(zip(first, second, strict=True))
    by_fieller = [holds(fieller(a, b), TRUE_RATIO) for a, b in both]
    geometric = [holds(geometric_ratio(a, b), TRUE_RATIO) for a, b in both]
    bench.hold(
        [
            bench.rate(
                "S7", f"cost, n={n}, Fieller", by_fieller, published, of=10_000, at_least=WORST
            ),
            bench.between("S7", f"cost, n={n}, geometric t", geometric, 0.948, 0.951, of=10_000),
        ]
    )


def test_ratios_by_the_delta_method_are_told_apart(bench, suites, reps):
    reps = min(reps, 5_000) if reps > 2_000 else 1_000
    first, second = costs(suites, reps, 20)
    paired, unpaired, wider = [], [], []
    for a, b in zip(first, second, strict=True):
        one, other = log_delta(a, b), log_delta(a, b, paired=False)
        paired.append(holds(one, TRUE_RATIO))
        unpaired.append(holds(other, TRUE_RATIO))
        wider.append(np.log(other.high / other.low) / np.log(one.high / one.low))
    bench.hold(
        [
            bench.rate("S7-", "cost, n=20, log-delta", paired, 0.917, of=10_000),
            bench.between("S7-", "cost, n=20, unpaired delta", unpaired, 0.9995, 1.0, of=10_000),
            bench.mean("S7-", "cost, n=20, unpaired width over paired", wider, 2.2, digit=0.3),
        ]
    )


@pytest.mark.parametrize("n", [50, 100, 200, 500])
def test_the_bootstrap_covers_the_ratio_of_a_high_quantile(bench, suites, reps, n):
    reps = 600 if reps > 2_000 else 80
    first, second = times(suites, reps, n)
    unit = np.arange(n)
    covered = [
        holds(quantile_ratio(a, unit, b, unit, q=0.95, seed=i), TRUE_RATIO)
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    bench.hold([bench.between("B", f"p95 ratio, n={n}, bootstrap", covered, 0.96, 0.98, of=300)])
