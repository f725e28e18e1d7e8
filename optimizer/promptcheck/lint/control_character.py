"""Warning: a character that steers a terminal and says nothing to a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal
from optimizer.promptcheck.reading import Reading

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]+")
_CONTROL_BYTES = bytes(code for code in (*range(32), 127) if code not in b"\t\n\r")
_SHOWN = 5
"""Characters that a message names."""


def _control(subject: Subject) -> Iterator[Found]:
    if not _has_controls(subject.reading):
        return
    for match in _CONTROL.finditer(subject.reading.text):
        codes = ", ".join(f"U+{ord(character):04X}" for character in match.group()[:_SHOWN])
        yield Found(
            message=f"Control characters that nobody sees: {codes}.",
            suggestion="Remove them, unless they are meant.",
            start=match.start(),
            end=match.end(),
            edits=removal(match.start(), match.end()),
        )


def _has_controls(reading: Reading) -> bool:
    """Tell whether there are any, in less time than it takes to say where."""
    ascii_text = reading.text.encode("ascii", "ignore")
    return (
        len(ascii_text.translate(None, _CONTROL_BYTES)) < len(ascii_text)
        or _CONTROL.search(reading.beyond_ascii) is not None
    )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P034",
        name="control-character",
        severity=IssueSeverity.WARNING,
        what="A control character other than a tab or a line end.",
        why="A reader does not see what the model is sent; a terminal may act on it.",
        bad="Summarize the letter in one\x1b\x07 sentence.",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.UNSAFE,
        evidence="A matter of security; nothing is known of its effect on answers.",
    ),
    check=_control,
)
