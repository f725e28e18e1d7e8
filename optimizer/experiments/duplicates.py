"""Cases that were given the same input are one case, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.cases import CaseColumns, LoadedArm
from optimizer.models.dataclass import dataclass
from optimizer.models.terms import Severity
from optimizer.models.verdicts import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_TELLING = 0.5
"""Inputs of which fewer than this share differ do not tell cases apart."""

MEANS = {"score": "n_scored", "latency_ms": "n_latency", "cost_usd": "n_cost", "tokens": "n_tokens"}
"""Columns that are means, each with the column of its n."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Arms in which cases of one content are one case.

    Attributes:
        arms: The arms, in the order given.
        findings: What was merged, in words.
    """

    arms: tuple[LoadedArm, ...]
    findings: tuple[Finding, ...]


def merge_duplicates(arms: Sequence[LoadedArm]) -> Merged:
    """Take cases of the same content together, under the first of their ids, in every arm."""
    content_of: dict[str, str] = {}
    for arm in arms:
        content_of |= arm.contents or {}
    first_of: dict[str, str] = {}
    for case in sorted(content_of):
        first_of.setdefault(content_of[case], case)
    merged = {case: first_of[c] for case, c in content_of.items() if first_of[c] != case}
    if not merged:
        return Merged(arms=tuple(arms), findings=())
    if len(first_of) < LEAST_TELLING * len(content_of):
        text = (
            f"{len(content_of)} cases have only {len(first_of)} different inputs, which "
            "therefore do not tell them apart: each is taken as a case"
        )
        return Merged(arms=tuple(arms), findings=(_caveat("inputs_alike", text),))
    text = (
        f"{len(merged)} cases have the same input as another: those of one input count as one case"
    )
    return Merged(
        arms=tuple(_merged(arm, merged) for arm in arms),
        findings=(_caveat("duplicated_cases", text),),
    )


def _merged(arm: LoadedArm, merged: Mapping[str, str]) -> LoadedArm:
    """Return an arm in which some cases bear the id of another."""
    ids = np.array([merged.get(case, case) for case in arm.cases.case_id], dtype=object)
    _, first, row = np.unique(ids.astype(str), return_index=True, return_inverse=True)
    latencies = arm.latencies
    if latencies is not None:
        of_time = np.repeat(row, arm.cases.n_latency)
        latencies = latencies[np.argsort(of_time, kind="stable")]
    return replace(arm, cases=_summed(arm.cases, ids, first, row), latencies=latencies)


def _summed(
    columns: CaseColumns, ids: NDArray[np.object_], first: NDArray[np.intp], row: NDArray[np.intp]
) -> CaseColumns:
    """Add the rows of a case up: counts are summed, means weighted with their n."""
    n = len(first)
    made: dict[str, NDArray[np.generic]] = {
        "case_id": ids[first],
        "family": columns.family[first],
        "first_at": columns.first_at[first],
        "score_variance": np.where(
            np.bincount(row, minlength=n) > 1, np.nan, columns.score_variance[first]
        ),
    }
    for field in fields(columns):
        if field.name in made or field.name in MEANS:
            continue
        counts = getattr(columns, field.name)
        made[field.name] = np.bincount(row, weights=counts, minlength=n).astype(np.int64)
    for name, counted in MEANS.items():
        weights = getattr(columns, counted).astype(np.float64)
        known = np.where(weights > 0, getattr(columns, name), 0.0)
        total = np.bincount(row, weights=weights, minlength=n)
        sums = np.bincount(row, weights=known * weights, minlength=n)
        unknown = np.full(n, np.nan)
        made[name] = np.divide(sums, total, out=unknown, where=total > 0)
    return CaseColumns(**made)  # type: ignore[arg-type]


def _caveat(code: str, text: str) -> Finding:
    return Finding(code=code, severity=Severity.CAVEAT, text=text)
