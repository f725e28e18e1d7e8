"""What a gate says of thresholds and of guardrails: statuses, reasons and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from optimizer.models.rules import GateCheck, GateResult, GateStatus
from optimizer.models.terms import RATES, GuardMode, GuardStatus, Metric
from optimizer.models.verdicts import BaselineGate, GuardCheck, Guardrail
from reports.document import (
    Block,
    Cell,
    Details,
    Items,
    Prose,
    Requirement,
    Section,
    Table,
    left,
    right,
)
from reports.formatting import UNKNOWN, count, level, listing, name_of, plural
from reports.parts import rules
from reports.parts.effects import change, change_interval, guardrail_name, margin_of, size
from reports.parts.verdicts import clause
from reports.tones import Tone

TONES: Mapping[GuardStatus, Tone] = {
    GuardStatus.PASSED: Tone.GOOD,
    GuardStatus.FAILED: Tone.BAD,
    GuardStatus.INCONCLUSIVE: Tone.WARN,
    GuardStatus.INVALID: Tone.BAD,
}

WORST_FIRST = (
    GuardStatus.INVALID,
    GuardStatus.FAILED,
    GuardStatus.INCONCLUSIVE,
    GuardStatus.PASSED,
)

STRICT = "Judged by the values alone (strict): the intervals did not count."

THRESHOLDS = (
    "A rule fails when its whole interval lies beyond the threshold, passes when the value meets "
    "the threshold, and is inconclusive otherwise. A value that is not a sample decides by itself."
)

GUARDRAILS = (
    "'detect' fails when a regression is found and passes otherwise, so it can hide a worsening up "
    "to the figure given. 'prove' passes only when the bound clears the margin. The bound is "
    "one-sided, on the worse side. 'Passes at' is the smallest margin that would have been proved."
)

SUCCESS_RULE = "success_rate"
"""Without this rule a run does not pass."""

MOST_REASONS = 5
MOST_NOTES = 1000


def worst(statuses: Iterable[GuardStatus]) -> GuardStatus | None:
    """Return the worst of some statuses, None of none."""
    found = set(statuses)
    return next((status for status in WORST_FIRST if status in found), None)


def status_of(result: GateResult | GateCheck) -> GuardStatus:
    """Return the status of a gate by thresholds among those of all gates."""
    return GuardStatus(result.status.value)


def status_cell(status: GuardStatus) -> Cell:
    """Name a status in its tone."""
    return Cell(status.value, TONES[status])


def checks_section(result: GateResult, *, alone: bool) -> Section:
    """Lay out the thresholds of one variant."""
    checked = [gated.check for gated in result.checks]
    statuses = [status_cell(status_of(gated)) for gated in result.checks]
    return Section(
        "Checks" if alone else f"Checks: {result.variant or result.run_id}",
        (
            rules.rule_table(checked, "status", statuses),
            *rules.not_evaluated((*checked, *result.not_evaluated)),
        ),
    )


def guardrail_section(against: BaselineGate) -> Section:
    """Lay out the guardrails against a baseline."""
    arms = against.comparison
    reasons = Table(
        columns=(left("guardrail"), left("why")),
        rows=tuple((guardrail_name(check.guardrail), check.text) for check in against.checks),
    )
    why: tuple[Block, ...] = (reasons,) if against.checks else ()
    title = f"Guardrails: {name_of(arms.candidate.label)} against {name_of(arms.baseline.label)}"
    return Section(title, (_guardrail_table(against.checks), *why))


def warning_section(results: Sequence[GateResult]) -> tuple[Section, ...]:
    """Lay out what a reader should know of how the runs were read, where there is anything."""
    texts = tuple(dict.fromkeys(text for result in results for text in result.warnings))
    return (Section("Caveats", (Items(texts),)),) if texts else ()


def method_details(*methods: str) -> Details:
    """Lay out how a gate judges."""
    return Details("How it was judged", tuple(map(Prose, methods)))


def threshold_reasons(results: Sequence[GateResult], status: GuardStatus) -> list[str]:
    """Say why the thresholds gave a status: a clause for each variant that has it."""
    return [
        f"{result.variant}: {_reasons(result)}" if len(results) > 1 else _reasons(result)
        for result in results
        if status_of(result) is status
    ]


def guardrail_reasons(against: BaselineGate) -> str:
    """Say why the guardrails gave their status, each of them that has it."""
    deciding = [check for check in against.checks if check.status is against.status]
    reasons = [
        f"{_asked(check.guardrail)}: {clause(check.text)}{_measured(check)}" for check in deciding
    ]
    more = len(reasons) - MOST_REASONS
    shown = reasons[:MOST_REASONS] + ([f"and {count(more)} more"] if more > 0 else [])
    arms = against.comparison
    said = ": no guardrail was given" if not shown else f", {'; '.join(shown)}"
    return f"{name_of(arms.candidate.label)} against {name_of(arms.baseline.label)}{said}"


def threshold_requirements(results: Sequence[GateResult]) -> tuple[Requirement, ...]:
    """Return every threshold that was judged, as a test."""
    return tuple(
        Requirement(
            subject=f"{result.workflow_id}.{result.variant or result.run_id}",
            name=gated.check.rule,
            status=status_of(gated),
            text=_reason(gated),
        )
        for result in results
        for gated in result.checks
    ) + tuple(
        Requirement(
            subject=f"{result.workflow_id}.{result.variant or result.run_id}",
            name=SUCCESS_RULE,
            status=GuardStatus.INCONCLUSIVE,
            text=text,
        )
        for result in results
        for text in _unjudged(result)
    )


def guardrail_requirements(against: BaselineGate) -> tuple[Requirement, ...]:
    """Return every guardrail, as a test; that on success with the cases that fail now."""
    candidate = against.comparison.candidate
    failing = against.comparison.newly_failing
    more = len(failing) - MOST_NOTES
    notes = [f"newly failing: {case_id}" for case_id in failing[:MOST_NOTES]]
    notes += [f"and {count(more)} more"] if more > 0 else []
    return tuple(
        Requirement(
            subject=f"{candidate.workflow_id}.{candidate.label}",
            name=guardrail_name(check.guardrail),
            status=check.status,
            text=check.text,
            notes=tuple(notes) if check.guardrail.metric is Metric.SUCCESS else (),
        )
        for check in against.checks
    )


def _guardrail_table(checks: Sequence[GuardCheck]) -> Table:
    return Table(
        columns=(
            left("guardrail"),
            left("status"),
            right("effect"),
            right("bound"),
            right("could hide"),
            right("passes at"),
        ),
        rows=tuple(
            (
                guardrail_name(check.guardrail),
                status_cell(check.status),
                change(check.guardrail.metric, check.verdict.estimate),
                _bound(check),
                _up_to(check, None if _is_failed(check) else check.could_hide),
                _up_to(check, check.smallest_margin),
            )
            for check in checks
        ),
        empty="No guardrail was given.",
    )


def _asked(guardrail: Guardrail) -> str:
    margin = margin_of(guardrail.metric, guardrail.margin)
    return f"{guardrail.metric.value} ({guardrail.mode.value} {margin})"


def _measured(check: GuardCheck) -> str:
    """Say the effect, or how much worse may be what was not found to be worse."""
    metric, found = check.guardrail.metric, check.verdict
    if check.status is GuardStatus.PASSED and check.guardrail.mode is GuardMode.DETECT:
        return f" (could hide up to {size(metric, check.could_hide)})" if check.could_hide else ""
    if found.estimate is None or found.level is None:
        return ""
    bounds = change_interval(metric, found.low, found.high)
    return f" ({change(metric, found.estimate)}, {level(found.level)} CI {bounds})"


def _is_failed(check: GuardCheck) -> bool:
    """Whether there is nothing left to hide."""
    return check.status is GuardStatus.FAILED


def _bound(check: GuardCheck) -> str:
    found = check.verdict
    worse = found.low_one_sided if check.guardrail.metric in RATES else found.high_one_sided
    return change(check.guardrail.metric, worse)


def _up_to(check: GuardCheck, amount: float | None) -> str:
    return UNKNOWN if amount is None else size(check.guardrail.metric, amount)


def _reasons(result: GateResult) -> str:
    if not result.checks:
        return "no rule was judged"
    if result.status is GateStatus.PASSED:
        met = f"{plural(len(result.checks), 'rule')} met"
        missing = [check.rule for check in result.not_evaluated]
        return met + (f", {listing(missing)} not evaluated" if missing else "")
    deciding = [gated for gated in result.checks if gated.status is result.status]
    return "; ".join((*map(_reason, deciding), *_unjudged(result))) or "no check says why"


def _unjudged(result: GateResult) -> list[str]:
    """Say what keeps a gate from an answer although every rule that was judged is met."""
    if result.status is not GateStatus.INCONCLUSIVE:
        return []
    return [
        f"{check.rule} is not evaluated: {check.note}"
        for check in result.not_evaluated
        if check.rule == SUCCESS_RULE
    ]


def _reason(gated: GateCheck) -> str:
    check = gated.check
    wanted = rules.required(check)
    counted = f", n = {count(check.n)}" if check.n is not None else ""
    measured = f"{check.rule} is {rules.with_interval(check)}{counted}"
    if gated.status is GateStatus.PASSED:
        return f"{measured}; {wanted}"
    if gated.status is GateStatus.INCONCLUSIVE:
        told = plural(check.n, "test") if check.n is not None else "the data"
        return f"{measured}; {told} cannot tell whether it is {wanted}"
    return f"{measured}; must be {wanted}"
