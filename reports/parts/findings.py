"""What a linter's findings come to: a verdict, and how bad each kind is."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport
from reports.document import Verdict
from reports.formatting import plural
from reports.tones import Tone

TONES: Mapping[IssueSeverity, Tone] = {
    IssueSeverity.CRITICAL: Tone.BAD,
    IssueSeverity.WARNING: Tone.WARN,
    IssueSeverity.INFO: Tone.NEUTRAL,
}


def verdict_of_lint(report: LintReport) -> Verdict:
    """Return how much was found, in how much text."""
    looked_at = f"{plural(report.n_prompts, 'prompt')} in {plural(report.n_files, 'file')}"
    if not report.n_prompts:
        return Verdict(Tone.WARN, f"No prompt in {plural(report.n_files, 'file')}.")
    if not report.findings:
        return Verdict(Tone.GOOD, f"No problems in {looked_at}.")
    is_bad = any(p.finding.severity is IssueSeverity.CRITICAL for p in report.findings)
    return Verdict(
        Tone.BAD if is_bad else Tone.WARN,
        f"Found {plural(len(report.findings), 'problem')} in {looked_at}.",
    )
