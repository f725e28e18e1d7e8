"""What the linter found, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, whole
from optimizer.models.linting import LintReport, PromptScores

FINDING: tuple[DataColumn, ...] = (
    text("path"),
    whole("line"),
    whole("column"),
    whole("end_line"),
    whole("end_column"),
    text("prompt_id"),
    text("rule_id", "finding.rule_id"),
    text("severity", "finding.severity"),
    text("message", "finding.message"),
    text("suggestion", "finding.suggestion"),
    flag("has_fix", lambda placed: bool(placed.finding.edits)),
    text("fingerprint"),
)
SCORE: tuple[DataColumn, ...] = (
    text("prompt_id"),
    number("overall_points", "overall"),
    number("clarity_points", "clarity"),
    number("efficiency_points", "efficiency"),
)


def finding_tables(report: LintReport) -> tuple[DataTable, ...]:
    """Return what was found, in the order of files, lines and columns."""
    return (DataTable("findings", FINDING, report.findings),)


def score_tables(found: Sequence[PromptScores]) -> tuple[DataTable, ...]:
    """Return the scores of prompts."""
    return (DataTable("scores", SCORE, found),)
