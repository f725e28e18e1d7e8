"""The report of a gate: whether a run may ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.rules import GateCheck, GateResult, GateStatus
from reports.document import Block, Cell, Details, Document, Prose, Section, Tone, Verdict
from reports.formatting import count, listing, plural
from reports.parts import rules

TONES: Mapping[GateStatus, Tone] = {
    GateStatus.PASSED: Tone.GOOD,
    GateStatus.FAILED: Tone.BAD,
    GateStatus.INCONCLUSIVE: Tone.WARN,
}

WORST_FIRST = (GateStatus.FAILED, GateStatus.INCONCLUSIVE, GateStatus.PASSED)

METHOD = (
    "A rule fails when its whole interval lies beyond the threshold, passes when the value meets "
    "the threshold, and is inconclusive otherwise. A value that is not a sample decides by itself."
)

STRICT = "Judged by the values alone (strict): the intervals did not count."


def gate(results: Sequence[GateResult]) -> Document:
    """Lay out what a gate says of each variant of a run, and why."""
    notes = dict.fromkeys(result.baseline_note for result in results if result.baseline_note)
    strict = any(result.strict for result in results)
    return Document(
        title=f"Gate of {results[0].run_id}" if results else "Gate",
        verdict=_verdict(results),
        blocks=(
            *(_checks(result, alone=len(results) == 1) for result in results),
            *map(Prose, notes),
            Details("How it was judged", (Prose(STRICT if strict else METHOD),)),
        ),
    )


def _checks(result: GateResult, *, alone: bool) -> Block:
    checked = [gated.check for gated in result.checks]
    statuses = [Cell(gated.status.value, TONES[gated.status]) for gated in result.checks]
    return Section(
        "Checks" if alone else f"Checks: {result.variant or result.run_id}",
        (
            rules.rule_table(checked, "status", statuses),
            *rules.not_evaluated((*checked, *result.not_evaluated)),
        ),
    )


def _verdict(results: Sequence[GateResult]) -> Verdict:
    if not results:
        return Verdict(Tone.WARN, "INCONCLUSIVE: nothing was judged.")
    status = next(s for s in WORST_FIRST if any(result.status is s for result in results))
    deciding = [result for result in results if result.status is status]
    subject = f"{status.value.upper()}: {results[0].run_id}"
    if len(results) > 1:
        subject += f": {count(len(deciding))} of {plural(len(results), 'variant')} {status.value}"
    reasons = [
        f"{result.variant}: {_reasons(result)}" if len(results) > 1 else _reasons(result)
        for result in deciding
    ]
    return Verdict(TONES[status], f"{subject}: {'; '.join(reasons)}.")


def _reasons(result: GateResult) -> str:
    if not result.checks:
        return "no rule was judged"
    if result.status is GateStatus.PASSED:
        met = f"{plural(len(result.checks), 'rule')} met"
        missing = [check.rule for check in result.not_evaluated]
        return met + (f", {listing(missing)} not evaluated" if missing else "")
    deciding = [gated for gated in result.checks if gated.status is result.status]
    return "; ".join(map(_reason, deciding)) or "no check says why"


def _reason(gated: GateCheck) -> str:
    check = gated.check
    wanted = f"{rules.required(check)}"
    counted = f", n = {count(check.n)}" if check.n is not None else ""
    measured = f"{check.rule} is {rules.with_interval(check)}{counted}"
    if gated.status is GateStatus.INCONCLUSIVE:
        told = plural(check.n, "test") if check.n is not None else "the data"
        return f"{measured}; {told} cannot tell whether it is {wanted}"
    return f"{measured}; must be {wanted}"
