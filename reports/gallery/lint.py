"""What the linter found in prompts, the gravest first."""

from __future__ import annotations

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport, LintRulePage, PlacedFinding
from reports.document import Block, Cell, Details, Document, Items, Prose, Section, Table, left
from reports.formatting import plural
from reports.parts.findings import TONES, verdict_of_lint


def lint(report: LintReport) -> Document:
    """Lay out what was found, the rules behind it, and what was left out."""
    order = list(IssueSeverity)
    found = sorted(report.findings, key=lambda one: order.index(one.finding.severity))
    blocks: list[Block] = []
    if found:
        columns = (left("place"), left("rule"), left("severity"), left("finding"))
        blocks.append(Table(columns, tuple(map(_row, found))))
    if report.unreadable or report.skipped:
        blocks.append(Section("Not looked at", (Items((*report.unreadable, *report.skipped)),)))
    blocks += (_rule(page) for page in report.rules)
    if report.n_ignored or report.n_known:
        ignored = plural(report.n_ignored, "finding is ignored", "findings are ignored")
        known = plural(report.n_known, "finding was known", "findings were known")
        blocks.append(Prose(f"{ignored} by comments, {known} before."))
    return Document("Lint", verdict_of_lint(report), tuple(blocks))


def _row(placed: PlacedFinding) -> tuple[Cell | str, ...]:
    finding = placed.finding
    said = f"{finding.message} {finding.suggestion or ''}".strip()
    return (
        f"{placed.path}:{placed.line}:{placed.column}",
        finding.rule_id,
        Cell(finding.severity.value, TONES[finding.severity]),
        said,
    )


def _rule(page: LintRulePage) -> Details:
    texts = (f"{page.what} {page.why}", f"Evidence: {page.evidence}")
    return Details(f"{page.rule_id} {page.name}", tuple(map(Prose, texts)))
