"""How much repeats of a case disagree, and which cases tell no variant from another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optimizer.models.cases import CaseColumns, LoadedArm
from optimizer.models.flakiness import Flakiness, FlakyCase, VariantFlakiness
from optimizer.stats.clusters import intraclass_correlation
from optimizer.stats.flakiness import (
    RepeatNoise,
    flake_rate,
    pass_at_k,
    pass_hat_k,
    variance_share,
)
from optimizer.stats.intervals import mean_interval, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

PAIR = 2
"""Repeats of which each case either agrees or disagrees, and no more is to be told."""


def flakiness(arms: Sequence[LoadedArm], *, k: int, level: float) -> Flakiness:
    """Return what the repeats of some variants of one workflow say.

    Args:
        arms: The variants, at least one.
        k: How many repeats pass@k and pass^k look at, 1 or more.
        level: Level of the intervals, 0 to 1.
    """
    shared = _shared(arms)
    return Flakiness(
        workflow_id=arms[0].arm.workflow_id,
        variants=tuple(_of_variant(loaded, k=k, level=level) for loaded in arms),
        n_shared=len(shared),
        always_passed=tuple(case for case, (passed, n) in shared.items() if passed == n),
        always_failed=tuple(case for case, (passed, _) in shared.items() if passed == 0),
    )


class _Counts(NamedTuple):
    """Completed cases: ids, passed repeats, repeats."""

    case_id: NDArray[np.object_]
    passed: Ints
    n: Ints


class _Bounds(NamedTuple):
    low: float | None
    high: float | None


def _counts(cases: CaseColumns) -> _Counts:
    completed = cases.n > 0
    return _Counts(cases.case_id[completed], cases.n_passed[completed], cases.n[completed])


def _shared(arms: Sequence[LoadedArm]) -> dict[str, tuple[int, int]]:
    """Return passes and repeats, over all arms that ran, of the cases that each completed."""
    each = [found for loaded in arms if len((found := _counts(loaded.cases)).n)]
    if not each:
        return {}
    everywhere = set(each[0].case_id).intersection(*(found.case_id for found in each[1:]))
    totals = dict.fromkeys(sorted(everywhere), (0, 0))
    for found in each:
        for case, passed, n in zip(*(column.tolist() for column in found), strict=True):
            if case in totals:
                so_far = totals[case]
                totals[case] = (so_far[0] + passed, so_far[1] + n)
    return totals


def _of_variant(loaded: LoadedArm, *, k: int, level: float) -> VariantFlakiness:
    cases, arm = _counts(loaded.cases), loaded.arm
    empty = VariantFlakiness(
        variant=arm.label, variant_id=arm.variant_id, run_ids=arm.run_ids, level=level, k=k
    )
    if len(cases.n) == 0:
        return empty
    rate, flaky = flake_rate(cases.passed, cases.n), _flaky(cases)
    bounds = _flake_bounds(rate, len(flaky), int(cases.n.max()), level)
    icc, between, within = _variances(cases)
    enough = cases.n >= k
    return replace(
        empty,
        n_cases=len(cases.n),
        n_repeated=rate.n,
        n_tasks=int(cases.n.sum()),
        n_errors=int(loaded.cases.n_errors.sum()),
        n_cached=int(loaded.cases.n_cached.sum()),
        fewest_repeats=int(cases.n.min()),
        most_repeats=int(cases.n.max()),
        pass_rate=float((cases.passed / cases.n).mean()),
        flake_rate=rate.estimate if rate.n else None,
        flake_low=bounds.low,
        flake_high=bounds.high,
        n_flaky=len(flaky),
        icc=icc,
        between_variance=between,
        within_variance=within,
        pass_at_k=_mean_chance(cases, enough, k, at_least_one=True),
        pass_hat_k=_mean_chance(cases, enough, k, at_least_one=False),
        n_k=int(enough.sum()),
        flaky=flaky,
    )


def _flake_bounds(rate: RepeatNoise, n_flaky: int, most_repeats: int, level: float) -> _Bounds:
    """Return the interval of the flake rate over the cases that were repeated.

    Each case has its own chance of disagreement, and Student's t is of these. With two repeats it
    is 0 or 1, a rate, and where no case is flaky they have no spread: there Wilson's is taken, of
    how many cases were seen to be flaky. A case is seen to be flaky at least as often as two of
    its repeats disagree, so that the upper bound errs on the careful side.
    """
    if rate.n == 0:
        return _Bounds(None, None)
    if n_flaky == 0 or most_repeats == PAIR:
        share = wilson(n_flaky, rate.n, level=level)
        return _Bounds(share.low, share.high)
    if not math.isfinite(rate.sd):
        return _Bounds(None, None)
    mean = mean_interval(rate.estimate, rate.sd, rate.n, level=level)
    return _Bounds(max(mean.low, 0.0), min(mean.high, 1.0))


def _variances(cases: _Counts) -> tuple[float | None, float | None, float | None]:
    """Return the correlation of repeats, and the variances between and within cases."""
    if len(cases.n) < 2 or int(cases.n.max()) < PAIR:  # noqa: PLR2004 - one case has no between
        return None, None, None
    families = np.repeat(np.arange(len(cases.n)), cases.n)
    first = np.concatenate([[0], np.cumsum(cases.n)[:-1]])
    within_case = np.arange(len(families)) - np.repeat(first, cases.n)
    outcomes = (within_case < np.repeat(cases.passed, cases.n)).astype(np.float64)
    found = intraclass_correlation(outcomes, families)
    if not math.isfinite(found.icc):
        return None, None, None
    return found.icc, max(0.0, (found.msb - found.msw) / found.n0), found.msw


def _mean_chance(
    cases: _Counts, enough: NDArray[np.bool_], k: int, *, at_least_one: bool
) -> float | None:
    """Return the mean chance over the cases with enough repeats; None where there is none."""
    if not bool(enough.any()):
        return None
    kinds, how_many = np.unique(
        np.stack([cases.n[enough], cases.passed[enough]]), axis=1, return_counts=True
    )
    chance = pass_at_k if at_least_one else pass_hat_k
    return float(np.average(chance(kinds[0], kinds[1], k), weights=how_many))


def _flaky(cases: _Counts) -> tuple[FlakyCase, ...]:
    """Return the cases that neither always passed nor always failed, the noisiest first."""
    at = np.flatnonzero((cases.passed > 0) & (cases.passed < cases.n))
    if len(at) == 0:
        return ()
    shares = variance_share(cases.passed, cases.n)
    found = [
        FlakyCase(
            case_id=cases.case_id[i],
            n_passed=int(cases.passed[i]),
            n=int(cases.n[i]),
            noise_share=float(shares[i]),
        )
        for i in at
    ]
    return tuple(sorted(found, key=lambda case: (-case.noise_share, case.case_id)))
