"""Timeouts that are left out, and shares that seem to drift."""

from __future__ import annotations

import numpy as np

from optimizer.models.terms import VerdictKind
from optimizer.stats.distances import psi, psi_threshold

N, TIMEOUTS = 100, 0.4
"""Cases, and which share of the candidate's failures are timeouts."""

BINS = 10


def test_timeouts_that_count_as_failures_favour_nobody(bench, suites, reps, midp, decide):
    made, reps = suites(80), min(reps, 10_000)
    first, second = made.arms(reps, N)
    timed_out = (second == 0) & (made.rng.random(second.shape) < TIMEOUTS)
    broken, fixed = (first > second).sum(axis=1), (first < second).sum(axis=1)
    kinds = [decide(int(b), int(c), N).kind for b, c in zip(broken, fixed, strict=True)]
    improved = [kind is VerdictKind.IMPROVED for kind in kinds]
    answered = ((first > second) & ~timed_out).sum(axis=1)
    dropped = (midp(answered, fixed) < 0.05) & (fixed > answered)
    bench.hold(
        [
            bench.rate("S10", "timeouts fail, improved", improved, 0.024, of=10_000, at_most=0.025),
            bench.rate("S10-", "timeouts dropped, better", dropped, 0.213, of=10_000),
        ]
    )


def test_errors_count_as_failures_and_are_never_dropped(suites, arms, decide):
    made = suites(81)
    first, second = (side[0] for side in made.arms(1, N))
    errors = ((second == 0) & (made.rng.random(N) < TIMEOUTS)).astype(np.int64)
    pairs = arms.pairs(first, second)
    broken, fixed = int((first > second).sum()), int((first < second).sum())
    with_errors = arms.match(arms.cases(first), arms.cases(second, errors=errors))
    assert arms.verdict(with_errors).p_value == arms.verdict(pairs).p_value
    assert arms.verdict(with_errors).n == N
    assert decide(broken, fixed, N).verdict.p_value == arms.verdict(pairs).p_value


def test_drift_is_called_by_a_threshold_that_knows_the_size(bench, suites, reps):
    rng, reps = suites(82).rng, min(reps, 4_000)
    before, now = (rng.multinomial(N, np.full(BINS, 1 / BINS), reps) for _ in range(2))
    found = np.array([psi(p, q) for p, q in zip(before, now, strict=True)])
    threshold = psi_threshold(N, N, BINS)
    bench.hold(
        [
            bench.rate("P", "PSI above its threshold", found > threshold, 0.018, of=4_000),
            bench.rate("P-", "PSI above 0.2", found > 0.2, 0.390, of=4_000),
            bench.rate("P-", "PSI above 0.1", found > 0.1, 0.850, of=4_000),
        ]
    )
