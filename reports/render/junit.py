"""JUnit XML, which every CI shows: a test for each thing that a gate asked for.

What failed is a failure, what could not be judged an error. What the data cannot settle is
skipped, with its reason: CI shows it as neither passed nor failed, and the exit code decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError
from optimizer.models.terms import GuardStatus
from reports.document import Document, Requirement
from reports.text import line, plain

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SUITE = "optimizer gate"

OUTCOMES: Mapping[GuardStatus, str] = {
    GuardStatus.FAILED: "failure",
    GuardStatus.INVALID: "error",
    GuardStatus.INCONCLUSIVE: "skipped",
}
"""The element that tells an outcome; a test that passed has none."""

COUNTS: Mapping[str, GuardStatus] = {
    "failures": GuardStatus.FAILED,
    "errors": GuardStatus.INVALID,
    "skipped": GuardStatus.INCONCLUSIVE,
}


def junit(document: Document) -> str:
    """Render what a gate asked for as JUnit XML.

    Raises:
        ConfigError: The document is not of a gate.
    """
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    if document.requirements is None:
        raise ConfigError("output: .junit.xml: holds the checks of a gate, this report has none")
    counts = _counts(document.requirements)
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": SUITE, **counts})
    suite.extend(map(_case, document.requirements))
    if document.verdict is not None:
        SubElement(suite, "system-out").text = plain(document.verdict.text)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counts(requirements: Sequence[Requirement]) -> dict[str, str]:
    return {
        "tests": str(len(requirements)),
        **{
            name: str(sum(asked.status is status for asked in requirements))
            for name, status in COUNTS.items()
        },
    }


def _case(asked: Requirement) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    case = Element("testcase", {"classname": line(asked.subject), "name": line(asked.name)})
    outcome = OUTCOMES.get(asked.status)
    if outcome is not None:
        SubElement(case, outcome, {"message": line(asked.text)}).text = plain(asked.text)
    said = asked.notes if outcome else (asked.text, *asked.notes)
    if said:
        SubElement(case, "system-out").text = plain("\n".join(said))
    return case
