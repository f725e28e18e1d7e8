"""Signs that something is wrong with the variant in use, each with its figures and its severity.

A broken threshold, a run that is worse than those before it and a drift for the worse are
critical; a drift for the better is low; an anomaly is as grave as it lies far out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from optimizer.models.amounts import amount
from optimizer.models.dataclass import dataclass
from optimizer.models.drift import (
    Anomaly,
    AnomalyReport,
    AnomalySeverity,
    DriftFinding,
    DriftMethod,
    DriftReport,
)
from optimizer.models.proposals import Fact
from optimizer.models.summaries import RunPoint, WindowSummary
from optimizer.scoring_rules.degradation import Margins, degradations
from optimizer.scoring_rules.thresholds import Miss

WORSE_WHEN_LOWER = frozenset({"success", "score"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One reason to act.

    Attributes:
        text: What was found, one sentence with the counts in it.
        severity: How grave it is.
        facts: The figures.
        unless: What would have been no sign.
    """

    text: str
    severity: AnomalySeverity
    facts: tuple[Fact, ...]
    unless: str


def violation(current: WindowSummary, missed: Sequence[Miss]) -> Sign | None:
    """Return the thresholds that are broken beyond doubt, or None."""
    broken = [one for one in missed if one.broken]
    if not broken:
        return None
    return Sign(
        text=f"{current.variant}: {'; '.join(one.text for one in broken)}.",
        severity=AnomalySeverity.CRITICAL,
        facts=tuple(one.fact for one in broken),
        unless=f"the interval of every threshold of {current.variant} had reached it",
    )


def drifting(
    current: WindowSummary, report: DriftReport | None, methods: Collection[DriftMethod]
) -> Sign | None:
    """Return what has moved in the eyes of some methods, or None."""
    found = [one for one in (report.drifting if report else ()) if one.method in methods]
    if not found:
        return None
    worse = any(_is_worse(one) for one in found)
    return Sign(
        text=f"{current.variant} has drifted: {'; '.join(map(_moved, found))}.",
        severity=AnomalySeverity.CRITICAL if worse else AnomalySeverity.LOW,
        facts=tuple(
            Fact(
                name=f"{one.metric} by {one.method}, against before",
                n=one.n_before + one.n_after,
                estimate=one.statistic if one.after is None else one.after,
                threshold=one.before,
            )
            for one in found
        ),
        unless="no metric had moved by more than chance allows over all the looks",
    )


def outlying(current: WindowSummary, report: AnomalyReport | None) -> Sign | None:
    """Return by what the newest run as a whole stands out, or None."""
    found = [one for one in (report.anomalies if report else ()) if one.task_id is None]
    if not found:
        return None
    told = "; ".join(map(_stands_out, found))
    return Sign(
        text=f"The newest run of {current.variant} is out of the ordinary: {told}.",
        severity=found[0].severity,
        facts=tuple(
            Fact(
                name=f"{one.metric} of the newest run, {one.method} distance",
                n=one.n_reference,
                estimate=one.distance,
                threshold=one.threshold,
            )
            for one in found
        ),
        unless="every figure of the newest run had been nearer to those before it",
    )


def worsened(current: WindowSummary, runs: Sequence[RunPoint], margins: Margins) -> Sign | None:
    """Return by what the newest run is worse than the earlier ones beyond a margin, or None."""
    points = [point for point in runs if point.variant_id == current.variant_id and point.n]
    n = current.n_completed
    found = degradations(
        points,
        margins,
        is_judged=not current.n_unjudged,
        independent=min(1.0, (current.n_effective or n) / n),
    )
    if not found:
        return None
    return Sign(
        text=f"{current.variant} has got worse: {'; '.join(one.text for one in found)}.",
        severity=AnomalySeverity.CRITICAL,
        facts=tuple(one.fact for one in found),
        unless="the interval of every change had reached its margin",
    )


def _is_worse(finding: DriftFinding) -> bool:
    if finding.before is None or finding.after is None:
        return True
    if finding.metric in WORSE_WHEN_LOWER:
        return finding.after < finding.before
    return finding.after > finding.before


def _moved(finding: DriftFinding) -> str:
    moved = f"{finding.metric} from {amount(finding.before)} to {amount(finding.after)}"
    p = "" if finding.p_value is None else f", p {finding.p_value:.2g}"
    return f"{moved} ({finding.method}, {finding.n_before} and {finding.n_after} values{p})"


def _stands_out(one: Anomaly) -> str:
    return (
        f"{one.metric} {amount(one.value)} where {amount(one.expected)} is usual over "
        f"{one.n_reference} runs ({one.method} distance {one.distance:.3g}, "
        f"{one.threshold:.3g} is out)"
    )
