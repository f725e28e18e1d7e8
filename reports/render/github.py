"""GitHub Actions: the summary of a step, and annotations at the lines of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import LintReport, PlacedFinding
from optimizer.models.terms import GuardStatus
from reports.document import Document, Requirement
from reports.formatting import plural
from reports.render.markdown import markdown
from reports.text import line
from reports.tones import Tone

ANNOTATIONS: Mapping[IssueSeverity, str] = {
    IssueSeverity.CRITICAL: "error",
    IssueSeverity.WARNING: "warning",
    IssueSeverity.INFO: "notice",
}
"""The workflow command that shows a finding at its line."""


UNMET: Mapping[GuardStatus, str] = {
    GuardStatus.FAILED: "error",
    GuardStatus.INVALID: "error",
    GuardStatus.INCONCLUSIVE: "warning",
}
"""The workflow command that shows what a gate asked for and did not get."""

SHOWN = 10
"""GitHub shows so many annotations of a kind in a step; more are counted in the last."""


def document_annotations(document: Document, *, title: str) -> str:
    """Render what there is to act on in a report as workflow commands, one to a line.

    Of a gate that is what it asked for and did not get, and the verdict where it got all; of any
    other report the verdict, as a warning where it is bad.

    Args:
        document: The report.
        title: What the annotations are called.
    """
    unmet = [asked for asked in document.requirements or () if asked.status in UNMET]
    if unmet:
        return "".join(
            line
            for kind in dict.fromkeys(UNMET.values())
            for line in _unmet([one for one in unmet if UNMET[one.status] == kind], kind, document)
        )
    verdict = document.verdict
    if verdict is None:
        return ""
    kind = "warning" if verdict.tone is Tone.BAD else "notice"
    return _command(kind, document.file, title, verdict.text)


def _unmet(asked: Sequence[Requirement], kind: str, document: Document) -> Iterator[str]:
    shown = asked if len(asked) <= SHOWN else asked[: SHOWN - 1]
    for one in shown:
        yield _command(kind, document.file, one.name, f"{one.subject}: {one.text}")
    if more := len(asked) - len(shown):
        yield _command(kind, document.file, "and more", f"{plural(more, 'more requirement')} unmet")


def _command(kind: str, file: str | None, title: str, text: str) -> str:
    place = "" if file is None else f"file={_property(file)},"
    return f"::{kind} {place}title={_property(title)}::{_data(text)}\n"


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
