"""GitHub Actions: the summary of a step, and annotations at the lines of files."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport, PlacedFinding
from reports.document import Document
from reports.render.markdown import markdown
from reports.text import line

ANNOTATIONS: Mapping[IssueSeverity, str] = {
    IssueSeverity.CRITICAL: "error",
    IssueSeverity.WARNING: "warning",
    IssueSeverity.INFO: "notice",
}
"""The workflow command that shows a finding at its line."""


def annotation_lines(report: LintReport) -> str:
    """Render what the linter found as workflow commands, one to a line."""
    return "".join(f"{_annotation(placed)}\n" for placed in report.findings)


def _annotation(placed: PlacedFinding) -> str:
    finding = placed.finding
    properties = {
        "file": placed.path,
        "line": str(placed.line),
        "col": str(placed.column),
        "endLine": str(max(placed.line, placed.end_line)),
        "title": finding.rule_id,
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    said = _data(f"{finding.message} {finding.suggestion or ''}")
    return f"::{ANNOTATIONS[finding.severity]} {listed}::{said}"


def _data(text: str) -> str:
    return line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(document: Document) -> str:
    """Render a document as Markdown for the page of a step, which has its own limit."""
    return markdown(document)
