"""Comparisons and gates as rows: a verdict on a metric each, and what became of each case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimizer.models.case_changes import CaseChange, CaseOutcome
from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.rules import GateCheck, GateResult
from optimizer.models.terms import RATES, Metric
from optimizer.models.verdicts import BaselineGate, Comparison, GuardCheck, MetricVerdict

UNITS: Mapping[Metric, str] = {
    Metric.SUCCESS: "rate",
    Metric.SCORE: "score",
    Metric.LATENCY: "ms",
    Metric.LATENCY_P50: "ms",
    Metric.LATENCY_P95: "ms",
    Metric.COST: "usd",
    Metric.TOKENS: "tokens",
}
"""The unit of a metric's values; that of its effect is another column."""

SIDES = ("baseline", "candidate")
"""The arms of a case, in their order."""

DIFFERENCE = "difference"
RATIO = "ratio - 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A verdict and what it is of."""

    comparison: Comparison
    verdict: MetricVerdict
    check: GuardCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """What became of a case; `outcome` is None where nobody asked for more than its name."""

    comparison: Comparison
    case_id: str
    change: CaseChange
    outcome: CaseOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Threshold:
    """A rule that a gate judged."""

    result: GateResult
    gated: GateCheck


def _effect_unit(judged: _Judged) -> str:
    return DIFFERENCE if judged.verdict.metric in RATES else RATIO


def _figures(side: str) -> tuple[DataColumn, ...]:
    """Return the columns of what a case gave under one arm."""
    arm = f"outcome.arms.{SIDES.index(side)}"
    return (
        whole(f"{side}_n", f"{arm}.n"),
        whole(f"{side}_passed", f"{arm}.n_passed"),
        number(f"{side}_score", f"{arm}.score"),
        number(f"{side}_latency_ms", f"{arm}.latency_ms"),
        number(f"{side}_cost_usd", f"{arm}.cost_usd"),
        number(f"{side}_tokens", f"{arm}.tokens"),
    )


def _texts(side: str) -> tuple[DataColumn, ...]:
    """Return the columns of what came of the try of a case that is shown."""
    shown = f"outcome.arms.{SIDES.index(side)}.shown"
    return (
        text(f"{side}_status", f"{shown}.status"),
        text(f"{side}_output", f"{shown}.output.text"),
        text(f"{side}_error", f"{shown}.error.text"),
    )


ARMS: tuple[DataColumn, ...] = (
    text("workflow_id", "comparison.candidate.workflow_id"),
    text("baseline", "comparison.baseline.label"),
    text("baseline_variant_id", "comparison.baseline.variant_id"),
    text("candidate", "comparison.candidate.label"),
    text("candidate_variant_id", "comparison.candidate.variant_id"),
)
VERDICT: tuple[DataColumn, ...] = (
    text("metric", "verdict.metric"),
    text("verdict", "verdict.kind"),
    text("unit", lambda judged: UNITS[judged.verdict.metric]),
    number("baseline_value", "verdict.baseline"),
    number("candidate_value", "verdict.candidate"),
    text("effect_unit", _effect_unit),
    number("effect", "verdict.estimate"),
    number("effect_low", "verdict.low"),
    number("effect_high", "verdict.high"),
    number("level", "verdict.level"),
    number("p_value", "verdict.p_value"),
    number("p_adjusted", "verdict.p_adjusted"),
    number("alpha", "verdict.alpha"),
    number("margin", "verdict.margin"),
    number("min_effect", "verdict.min_effect"),
    whole("n", "verdict.n"),
    text("n_unit", "verdict.unit"),
    whole("n_candidate", "verdict.n_candidate"),
    whole("n_changed", "verdict.n_changed"),
    whole("n_fixed", "verdict.n_fixed"),
    whole("n_broken", "verdict.n_broken"),
    whole("n_dropped", "verdict.n_dropped"),
    whole("n_cases_needed", "verdict.need.n_cases"),
    text("method", "verdict.method"),
    text("reason", "verdict.reason"),
)
METRIC: tuple[DataColumn, ...] = (
    *ARMS,
    flag("is_primary", lambda judged: judged.verdict is judged.comparison.primary),
    *VERDICT,
)
CHANGED: tuple[DataColumn, ...] = (
    *ARMS,
    text("case_id"),
    text("change"),
    *(column for side in SIDES for column in _figures(side)),
    text("input", "outcome.input.text"),
    text("expected", "outcome.expected.text"),
    *(column for side in SIDES for column in _texts(side)),
)
GUARD: tuple[DataColumn, ...] = (
    *ARMS,
    text("status", "check.status"),
    text("mode", "check.guardrail.mode"),
    number("could_hide", "check.could_hide"),
    number("smallest_margin", "check.smallest_margin"),
    *VERDICT,
)
THRESHOLD: tuple[DataColumn, ...] = (
    text("run_id", "result.run_id"),
    text("workflow_id", "result.workflow_id"),
    text("variant", "result.variant"),
    text("rule", "gated.check.rule"),
    text("status", "gated.status"),
    text("setting", "gated.check.setting"),
    text("unit", "gated.check.unit"),
    number("value", "gated.check.value"),
    number("low", "gated.check.low"),
    number("high", "gated.check.high"),
    number("level", "gated.check.level"),
    number("threshold", "gated.check.threshold"),
    flag("fires_below", "gated.check.fires_below"),
    whole("n", "gated.check.n"),
    flag("is_settled", "gated.check.settled"),
)


def comparison_tables(comparisons: Sequence[Comparison]) -> tuple[DataTable, ...]:
    """Return the metrics of comparisons, and what became of their cases."""
    judged = [
        _Judged(comparison=one, verdict=found) for one in comparisons for found in one.metrics
    ]
    changed = [case for one in comparisons for case in _changed(one)]
    return (DataTable("metrics", METRIC, judged), DataTable("cases", CHANGED, changed))


def guardrail_tables(gate: BaselineGate) -> tuple[DataTable, ...]:
    """Return the guardrails of a gate, and what became of the cases."""
    judged = [
        _Judged(comparison=gate.comparison, verdict=check.verdict, check=check)
        for check in gate.checks
    ]
    changed = list(_changed(gate.comparison))
    return (DataTable("checks", GUARD, judged), DataTable("cases", CHANGED, changed))


def threshold_tables(results: Sequence[GateResult]) -> tuple[DataTable, ...]:
    """Return the rules that a gate judged."""
    judged = [_Threshold(result=one, gated=gated) for one in results for gated in one.checks]
    return (DataTable("checks", THRESHOLD, judged),)


def _changed(one: Comparison) -> Iterator[_Changed]:
    """Yield what became of each case, or of those that changed where nobody asked for more."""
    if one.cases is not None:
        for case in one.cases:
            yield _Changed(comparison=one, case_id=case.case_id, change=case.change, outcome=case)
        return
    for case_ids, change in (
        (one.newly_failing, CaseChange.BROKEN),
        (one.newly_passing, CaseChange.FIXED),
    ):
        for case_id in case_ids:
            yield _Changed(comparison=one, case_id=case_id, change=change)
