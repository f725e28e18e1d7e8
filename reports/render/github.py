"""GitHub Actions: the summary of a step, and annotations at the lines of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport, PlacedFinding
from reports.document import Block, Details, Document, Prose, Section
from reports.render.markdown import markdown
from reports.text import line

LARGEST_BYTES = 60_000

LEFT_OUT = "Left out here for its length; the report that the command writes has it."
CUT = "*Cut here for its length; the report that the command writes has the rest.*"

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


def step_summary(document: Document, *, max_bytes: int = LARGEST_BYTES) -> str:
    """Render a document as Markdown of at most so many bytes.

    What a reader may leave folded gives way first, the last of it before the others; if that is
    not enough, the text ends early, at the end of a line.
    """
    text = markdown(document)
    for n_kept in reversed(range(_n_details(document.blocks))):
        if _size(text) <= max_bytes:
            break
        blocks, _ = _with_details(document.blocks, n_kept)
        text = markdown(replace(document, blocks=blocks))
    return text if _size(text) <= max_bytes else _cut(text, max_bytes)


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _n_details(blocks: tuple[Block, ...]) -> int:
    """Count what may be left out; what lies within another goes with it."""
    return sum(
        1 if isinstance(block, Details) else _n_details(block.blocks)
        for block in blocks
        if isinstance(block, Details | Section)
    )


def _with_details(blocks: tuple[Block, ...], n_kept: int) -> tuple[tuple[Block, ...], int]:
    """Return blocks with no more details than so many, and how many more may be kept."""
    kept: list[Block] = []
    for block in blocks:
        shown = block
        if isinstance(block, Details):
            shown = block if n_kept > 0 else Details(block.title, (Prose(LEFT_OUT),))
            n_kept -= 1
        elif isinstance(block, Section):
            inner, n_kept = _with_details(block.blocks, n_kept)
            shown = Section(block.title, inner)
        kept.append(shown)
    return tuple(kept), n_kept


def _cut(text: str, max_bytes: int) -> str:
    room = max(0, max_bytes - _size(CUT) - 3)
    head = text.encode("utf-8")[:room].decode("utf-8", "ignore")
    whole_lines = head.rpartition("\n")[0] or head
    return f"{whole_lines.rstrip()}\n\n{CUT}\n"
