"""The report of a gate against a baseline: whether a candidate may replace it."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.rules import GateResult
from optimizer.models.verdicts import BaselineGate
from reports.document import Block, Document, Verdict
from reports.formatting import name_of
from reports.parts.comparisons import (
    case_blocks,
    companion_details,
    finding_section,
    judged_details,
    metric_table,
)
from reports.parts.effect_charts import metric_charts
from reports.parts.gating import (
    GUARDRAILS,
    STRICT,
    THRESHOLDS,
    TONES,
    checks_section,
    guardrail_reasons,
    guardrail_requirements,
    guardrail_section,
    method_details,
    status_of,
    threshold_reasons,
    threshold_requirements,
    worst,
)


def baseline_gate(gate: BaselineGate) -> Document:
    """Lay out what the guardrails say of a candidate, and what they rest on."""
    arms = gate.comparison
    said = guardrail_reasons(gate)
    return Document(
        title=f"Gate of {name_of(arms.candidate.label)} against {name_of(arms.baseline.label)}",
        verdict=Verdict(TONES[gate.status], f"{gate.status.value.upper()}: {said}."),
        blocks=(
            guardrail_section(gate),
            *_measured(gate),
            method_details(GUARDRAILS),
            *companion_details(arms),
        ),
        requirements=guardrail_requirements(gate),
    )


def gate_with_baseline(results: Sequence[GateResult], against: BaselineGate) -> Document:
    """Lay out a gate by thresholds and by guardrails; the worse of the two is the answer."""
    status = worst((against.status, *map(status_of, results))) or against.status
    reasons = threshold_reasons(results, status)
    if against.status is status:
        reasons.append(guardrail_reasons(against))
    subject = results[0].run_id if results else against.comparison.candidate.label
    strict = any(result.strict for result in results)
    return Document(
        title=f"Gate of {subject} against {against.comparison.baseline.label}",
        verdict=Verdict(TONES[status], f"{status.value.upper()}: {subject}: {'; '.join(reasons)}."),
        blocks=(
            guardrail_section(against),
            *(checks_section(result, alone=len(results) == 1) for result in results),
            *_measured(against),
            method_details(GUARDRAILS, STRICT if strict else THRESHOLDS),
            *companion_details(against.comparison),
        ),
        requirements=(*guardrail_requirements(against), *threshold_requirements(results)),
    )


def _measured(gate: BaselineGate) -> tuple[Block, ...]:
    """Lay out the comparison that the guardrails rest on."""
    return (
        *finding_section((gate.comparison,)),
        metric_table(gate.comparison.metrics),
        *metric_charts(gate.comparison),
        *case_blocks(gate.comparison),
        judged_details(gate.comparison, "How it was measured"),
    )
