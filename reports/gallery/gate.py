"""The report of a gate: whether a run may ship."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.rules import GateResult
from reports.document import Document, Prose, Verdict
from reports.formatting import count, plural
from reports.parts.gating import (
    STRICT,
    THRESHOLDS,
    TONES,
    checks_section,
    method_details,
    status_of,
    threshold_reasons,
    threshold_requirements,
    warning_section,
    worst,
)
from reports.tones import Tone


def gate(results: Sequence[GateResult]) -> Document:
    """Lay out what a gate says of each variant of a run, and why."""
    notes = dict.fromkeys(result.baseline_note for result in results if result.baseline_note)
    strict = any(result.strict for result in results)
    return Document(
        title=f"Gate of {results[0].run_id}" if results else "Gate",
        verdict=_verdict(results),
        blocks=(
            *(checks_section(result, alone=len(results) == 1) for result in results),
            *map(Prose, notes),
            *warning_section(results),
            method_details(STRICT if strict else THRESHOLDS),
        ),
        requirements=threshold_requirements(results),
    )


def _verdict(results: Sequence[GateResult]) -> Verdict:
    status = worst(map(status_of, results))
    if status is None:
        return Verdict(Tone.WARN, "INCONCLUSIVE: nothing was judged.")
    reasons = threshold_reasons(results, status)
    subject = f"{status.value.upper()}: {results[0].run_id}"
    if len(results) > 1:
        variants = plural(len(results), "variant")
        subject += f": {count(len(reasons))} of {variants} {status.value}"
    return Verdict(TONES[status], f"{subject}: {'; '.join(reasons)}.")
