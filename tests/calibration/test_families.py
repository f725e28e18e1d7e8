"""Cases made from one template: the family is the unit, not the case."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.stats import clusters
from optimizer.stats.clusters import cr1, cv3
from optimizer.stats.means import paired_t

REPEATS, TAU = 3, 1.0
UNEQUAL = (30, 18, 12, 10, 8, 6, 5, 4, 3, 2, 1, 1)


def families(suites, reps, sizes):
    """Passes of two arms alike, whose changes are shared within a family; and the family."""
    made = suites(20 + len(sizes))
    family = np.repeat(np.arange(len(sizes)), sizes)
    bases = made.bases(reps, len(family))
    sides = []
    for _ in range(2):
        shared = made.rng.normal(0, TAU, (reps, len(sizes)))[:, family]
        sides.append(made.passes(made.rates(bases + shared), REPEATS))
    return *sides, family


def by_family(bench, suites, arms, reps, *, row, sizes, published):
    """False alarms of the product."""
    first, second, family = families(suites, reps, sizes)
    labels = np.array([f"f{i:03}" for i in family], dtype=object)
    alarms = [
        arms.found(arms.pairs(a, b, REPEATS, family=labels))
        for a, b in zip(first, second, strict=True)
    ]
    return bench.rate(row, f"{_named(sizes)}, CV3 by compare", alarms, published)


def _named(sizes):
    if len(set(sizes)) == 1:
        return f"{len(sizes)} x {sizes[0]} cases"
    return f"{len(sizes)} families of {sizes[0]} to {sizes[-1]}"


@pytest.mark.parametrize(
    ("sizes", "published"),
    [((5,) * 20, 0.048), ((10,) * 10, 0.051), ((2,) * 50, 0.049)],
    ids=["20x5", "10x10", "50x2"],
)
def test_families_of_one_size_keep_the_level(bench, suites, arms, reps, sizes, published):
    bench.hold([by_family(bench, suites, arms, reps, row="S2", sizes=sizes, published=published)])


def test_families_of_unequal_size_keep_the_level(bench, suites, arms, reps):
    bench.hold([by_family(bench, suites, arms, reps, row="S2u", sizes=UNEQUAL, published=0.047)])


@pytest.mark.parametrize(
    ("sizes", "case_t", "cr1_z"),
    [((5,) * 20, 0.169, 0.063), ((10,) * 10, 0.289, 0.085), ((2,) * 50, 0.080, 0.056)],
    ids=["20x5", "10x10", "50x2"],
)
def test_cases_as_units_are_told_apart(bench, suites, reps, sizes, case_t, cr1_z):
    from scipy.special import ndtr  # noqa: PLC0415 - as elsewhere

    first, second, family = families(suites, reps, sizes)
    plain, by_z = [], []
    for d in second - first:
        found = cr1(d, family)
        plain.append(paired_t(d).p_value < 0.05)
        by_z.append(2 * ndtr(-abs(found.statistic)) < 0.05)
        assert found.standard_error == pytest.approx(cv3(d, family).standard_error)
    bench.hold(
        [
            bench.rate("S2-", f"{_named(sizes)}, case t", plain, case_t),
            bench.rate("S2-", f"{_named(sizes)}, CR1 with z", by_z, cr1_z),
        ]
    )


def test_large_families_as_small_ones_are_told_apart(bench, suites, reps):
    first, second, family = families(suites, reps, UNEQUAL)
    d = second - first
    plain = [paired_t(row).p_value < 0.05 for row in d]
    by_cr1 = [cr1(row, family).p_value < 0.05 for row in d]
    bench.hold(
        [
            bench.rate("S2u-", f"{_named(UNEQUAL)}, case t", plain, 0.391),
            bench.rate("S2u-", f"{_named(UNEQUAL)}, CR1", by_cr1, 0.103),
        ]
    )


def test_the_bench_notices_cases_counted_as_families(bench, suites, arms, monkeypatch):
    monkeypatch.setattr(clusters, "kish", lambda sizes: float(np.sum(sizes)))
    bench.notice(
        "(c)",
        [
            by_family(bench, suites, arms, 2_000, row="S2", sizes=(10,) * 10, published=0.051),
            by_family(bench, suites, arms, 2_000, row="S2u", sizes=UNEQUAL, published=0.047),
        ],
    )
