"""How often each rule of the linter found something."""

from __future__ import annotations

from collections import Counter

from optimizer.models.linting import LintReport
from reports.document import Document, Table, left, right
from reports.formatting import count
from reports.parts.findings import verdict_of_lint


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
    return Document("Findings by rule", verdict_of_lint(report), (table,))
