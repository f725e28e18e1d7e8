"""Info: spaces at the end of a line (R01)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, free_spans, removal

_SPACES = re.compile(r"[ \t]++(?=\n|\Z)")
_SIGNS = (" \n", "\t\n")


def _trailing(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    if not (any(sign in text for sign in _SIGNS) or text.endswith((" ", "\t"))):
        return
    for span in free_spans(subject.reading):
        for match in _SPACES.finditer(text, span.start, span.end):
            if match.end() == len(text) or text[match.end()] == "\n":
                yield Found(
                    message="Spaces at the end of the line.",
                    suggestion="Remove them.",
                    start=match.start(),
                    end=match.end(),
                    edits=removal(match.start(), match.end()),
                )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P030",
        name="trailing-space",
        severity=IssueSeverity.INFO,
        what="Spaces or tabs at the end of a line, outside code.",
        why="They cost tokens, and make two prompts that look alike different ones.",
        bad="Summarize the letter in one sentence.  \nKeep all names.",
        good="Summarize the letter in one sentence.\nKeep all names.",
        fix=FixSafety.SAFE,
        evidence=(
            "None expected: tokens only. A single space at the very end can change how a "
            "completion model goes on."
        ),
    ),
    check=_trailing,
)
