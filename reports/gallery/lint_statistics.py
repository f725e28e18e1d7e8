"""How often each rule of the linter found something."""

from __future__ import annotations

from collections import Counter

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport
from reports.document import Document, Table, Verdict, left, right
from reports.formatting import count, plural
from reports.tones import Tone


def lint_statistics(report: LintReport) -> Document:
    """Lay out the findings of each rule, the most frequent first."""
    n_by_rule = Counter(placed.finding.rule_id for placed in report.findings)
    severities = {placed.finding.rule_id: placed.finding.severity for placed in report.findings}
    names = {page.rule_id: page.name for page in report.rules}
    n_prompts = {
        rule_id: len({p.prompt_id for p in report.findings if p.finding.rule_id == rule_id})
        for rule_id in n_by_rule
    }
    table = Table(
        columns=(
            left("rule"),
            left("name"),
            left("severity"),
            right("findings"),
            right("prompts"),
        ),
        rows=tuple(
            (
                rule_id,
                names[rule_id],
                severities[rule_id].value,
                count(n_by_rule[rule_id]),
                count(n_prompts[rule_id]),
            )
            for rule_id in sorted(n_by_rule, key=lambda rule_id: (-n_by_rule[rule_id], rule_id))
        ),
        empty="No rule found anything.",
    )
    return Document("Findings by rule", _verdict(report), (table,))


def _verdict(report: LintReport) -> Verdict:
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
