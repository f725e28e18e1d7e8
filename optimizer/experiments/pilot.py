"""What two variants that have run say of the spread that a plan must reckon with.

Only how far cases differ is looked at, never which variant is better: a plan made with the
difference just observed would promise what the data happened to show.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.pairing import PairedValues, Pairs, match, paired_values
from optimizer.experiments.spread import LEVEL, spread_and_limit, variance_parts
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import SelectionError
from optimizer.models.power import Pilot, VarianceParts
from optimizer.models.terms import RATES, Metric
from optimizer.stats.clusters import intraclass_correlation
from optimizer.stats.power import clustered_n

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


FEWEST = 2
"""Cases below which there is no spread."""


def pilot_of(baseline: LoadedArm, candidate: LoadedArm, metric: Metric) -> Pilot:
    """Return what two arms say of the spread of a metric.

    Raises:
        SelectionError: They are of the same runs, or share fewer than two cases that know the
            metric, or no case differs at all where that leaves nothing to plan with.
    """
    pairs = _matched(baseline, candidate)
    found = paired_values(pairs, metric, families=True)
    if metric not in RATES:
        found = _logs(found)
    n = len(found.baseline)
    if n < FEWEST:
        raise SelectionError(
            f"pilot {baseline.arm.label}, {candidate.arm.label}: {n} shared "
            f"{'case knows' if n == 1 else 'cases know'} {metric}, expected at least {FEWEST}",
            hint=f"State the spread with {_option(metric)} instead.",
        )
    spread, limit = spread_and_limit(found, metric)
    if limit == 0:
        raise SelectionError(
            f"pilot {baseline.arm.label}, {candidate.arm.label}: none of {n} cases differs in "
            f"{metric}, which tells nothing of how far others will",
            hint=f"State the spread with {_option(metric)} instead.",
        )
    parts = variance_parts(pairs, metric, found)
    size, icc = _families(found)
    return Pilot(
        workflow_id=baseline.arm.workflow_id,
        baseline=baseline.arm.label,
        candidate=candidate.arm.label,
        baseline_runs=baseline.arm.run_ids,
        candidate_runs=candidate.arm.run_ids,
        n=n,
        n_dropped=pairs.n - n,
        n_changed=int(np.count_nonzero(found.differences)),
        spread=spread,
        spread_limit=limit,
        level=LEVEL,
        parts=parts,
        pass_rate=float(found.baseline.mean()) if metric is Metric.SUCCESS else None,
        arm_sd=_arm_sd(found, parts),
        n_families=None if found.family is None else int(found.family.max()) + 1,
        family_size=size,
        icc=icc,
        design_effect=1.0 if size is None or icc is None else clustered_n(1.0, size, max(icc, 0.0)),
    )


def _option(metric: Metric) -> str:
    return "--discordance" if metric is Metric.SUCCESS else "--sd"


def _matched(baseline: LoadedArm, candidate: LoadedArm) -> Pairs:
    first, second = baseline.arm, candidate.arm
    if first.variant_id == second.variant_id and set(first.run_ids) & set(second.run_ids):
        raise SelectionError(
            f"pilot {first.selector}, {second.selector}: both are {first.label} in run "
            f"{sorted(set(first.run_ids) & set(second.run_ids))[0]}, expected two variants or runs"
        )
    if not (first.pairable and second.pairable):
        changing = second if first.pairable else first
        raise SelectionError(
            f"pilot {first.label}, {second.label}: the cases of {changing.label} are not the same "
            "between runs, so they cannot be paired"
        )
    return match(baseline.cases, candidate.cases)


def _logs(found: PairedValues) -> PairedValues:
    """Return the logarithms of amounts, of the cases where both are positive."""
    positive = (found.baseline > 0) & (found.candidate > 0)
    kept = found.kept.copy()
    kept[kept] = positive
    return replace(
        found,
        baseline=np.log(found.baseline[positive]),
        candidate=np.log(found.candidate[positive]),
        kept=kept,
        family=None if found.family is None else _renumbered(found.family[positive]),
    )


def _renumbered(family: NDArray[np.int64]) -> NDArray[np.int64] | None:
    _, number = np.unique(family, return_inverse=True)
    return number.astype(np.int64) if len(number) else None


def _arm_sd(found: PairedValues, parts: VarianceParts) -> float:
    """Return the spread of single runs of the cases, the two arms taken together."""
    variances = []
    for values, noise, repeats in (
        (found.baseline, parts.first, parts.first_repeats),
        (found.candidate, parts.second, parts.second_repeats),
    ):
        variances.append(float(np.var(values, ddof=1)) + (noise or 0.0) * (1 - 1 / repeats))
    return math.sqrt(sum(variances) / len(variances))


def _families(found: PairedValues) -> tuple[float | None, float | None]:
    """Return the size of the family that a case is in, on average, and the ICC of differences."""
    if found.family is None:
        return None, None
    sizes = np.bincount(found.family)
    size = float((sizes**2).sum() / sizes.sum())
    if len(sizes) < FEWEST:
        return size, None
    icc = intraclass_correlation(found.differences, found.family).icc
    return size, icc if math.isfinite(icc) else None
