"""Several variants against one baseline, and the best of many."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from optimizer.experiments.comparing import compare
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.terms import Metric
from optimizer.stats.multiplicity import bonferroni, holm, simultaneous

N = 100
DRAWS = 20_000
"""Of the largest t: a twentieth of the default, for time; its noise averages out."""


def alike(suites, seed, reps, k):
    """Broken and fixed cases of k variants that are as good as the baseline."""
    made = suites(seed)
    bases = made.rates(made.bases(reps, N))
    baseline = made.passes(bases, 1)
    variants = np.stack([made.passes(bases, 1) for _ in range(k)], axis=1)
    first = baseline[:, None, :]
    return (first > variants).sum(axis=2), (first < variants).sum(axis=2), baseline, variants


@pytest.mark.parametrize(
    ("k", "corrected", "naive", "best", "curse"),
    [
        (4, 0.042, 0.145, 0.072, 0.038),
        (8, 0.034, 0.227, 0.113, 0.053),
        (20, 0.035, 0.392, 0.189, 0.069),
    ],
)
def test_holm_holds_the_error_of_all_variants(
    bench, suites, reps, midp, k, corrected, naive, best, curse
):
    b, c, _, _ = alike(suites, 40 + k, min(reps, 10_000), k)
    p = midp(b, c)
    known = cache(lambda row: min(holm(row)))
    claims = [known(tuple(sorted(row))) < 0.05 for row in p]
    gain = (c - b) / N
    top = gain.argmax(axis=1)
    rows = np.arange(len(p))
    better = (p[rows, top] < 0.05) & (gain[rows, top] > 0)
    bench.hold(
        [
            bench.rate("S4", f"K={k}, Holm", claims, corrected, of=10_000, at_most=0.05),
            bench.rate("S4-", f"K={k}, any p < .05", (p < 0.05).any(axis=1), naive, of=10_000),
            bench.rate("S4-", f"K={k}, the best is better", better, best, of=10_000),
            bench.mean(
                "S4-", f"K={k}, gain of the best", gain.max(axis=1), curse, of=10_000, digit=0.0005
            ),
        ]
    )


def test_compare_corrects_as_holm_does(suites, arms, midp):
    b, c, baseline, variants = alike(suites, 50, 3, 4)
    for i in range(len(b)):
        found = compare(
            arms.loaded("old", baseline[i]),
            [arms.loaded(f"new {k}", variants[i, k]) for k in range(4)],
            settings=ComparisonSettings(),
            metrics=[Metric.SUCCESS],
        )
        adjusted = [one.primary.p_adjusted for one in found.comparisons]
        assert adjusted == pytest.approx(holm(midp(b[i], c[i]).tolist()))


@pytest.mark.parametrize(("k", "published", "naive"), [(4, 0.041, 0.033), (8, 0.039, 0.030)])
def test_simultaneous_intervals_hold_together(bench, suites, reps, k, published, naive):
    reps = 1_500 if reps > 2_000 else 200
    _, _, baseline, variants = alike(suites, 51 + k, reps, k)
    together, split = [], []
    for before, after in zip(baseline, variants, strict=True):
        found = simultaneous((after - before).T, seed=1, draws=DRAWS)
        together.append(any(one.low > 0 or one.high < 0 for one in found))
        split.append(_least_by_bonferroni(after - before) < 0.05)
    bench.hold(
        [
            bench.rate("C", f"K={k}, max-t", together, published, of=1_500, at_most=0.05),
            bench.rate("C-", f"K={k}, Bonferroni", split, naive, of=1_500),
        ]
    )


def _least_by_bonferroni(differences):
    from optimizer.stats.means import paired_t  # noqa: PLC0415 - only here

    return min(bonferroni([paired_t(d).p_value for d in differences]))


def test_the_best_of_many_is_confirmed_on_other_cases(bench, suites, reps, midp):
    reps, k = min(reps, 4_000), 50
    chunks = [_best_of(suites, midp, seed, reps // 10, k) for seed in range(60, 70)]
    held_out, same, gain = (np.concatenate(part) for part in zip(*chunks, strict=True))
    bench.hold(
        [
            bench.rate(
                "S9", "best of 50, held-out cases", held_out, 0.021, of=4_000, at_most=0.025
            ),
            bench.rate("S9-", "best of 50, same cases", same, 0.301, of=4_000),
            bench.mean("S9-", "best of 50, apparent gain", gain, 0.083, of=4_000, digit=0.0005),
        ]
    )


def _best_of(suites, midp, seed, reps, k):
    """Whether the best is called better on other cases, and on those it was chosen by."""
    b, c, _, _ = alike(suites, seed, reps, k)
    rows, top = np.arange(reps), (c - b).argmax(axis=1)
    b, c = b[rows, top], c[rows, top]
    first, second = suites(seed + 100).arms(reps, N)  # the champion is as good as the baseline
    worse, better = (first > second).sum(axis=1), (first < second).sum(axis=1)
    return (
        (midp(worse, better) < 0.05) & (better > worse),
        (midp(b, c) < 0.05) & (c > b),
        (c - b) / N,
    )
