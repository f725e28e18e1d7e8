"""Warning: a character of no width, which can hide text from a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal

_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_JOINERS = "\u200c\u200d"
_TAGGED = "\U0001f3f4"
"""A black flag: with the tag characters behind it, it is the flag of a region."""
_SHOWN = 5
"""Characters that a message names."""


def _invisible(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    if not _INVISIBLE.search(subject.reading.beyond_ascii):
        return
    for match in _INVISIBLE.finditer(text):
        if not _is_writing(text, match.start(), match.group()):
            codes = ", ".join(f"U+{ord(character):04X}" for character in match.group()[:_SHOWN])
            yield Found(
                message=f"{len(match.group())} characters that nobody sees: {codes}.",
                suggestion="Remove them, unless they are meant.",
                start=match.start(),
                end=match.end(),
                edits=removal(match.start(), match.end()),
            )


def _is_writing(text: str, start: int, found: str) -> bool:
    """Tell whether the characters are a part of emoji, or of a script that joins letters."""
    before = text[start - 1] if start else ""
    if before == _TAGGED:
        return True
    return len(found) == 1 and found in _JOINERS and before > "\u02ff"


RULE = LintRule(
    page=LintRulePage(
        rule_id="P035",
        name="invisible-character",
        severity=IssueSeverity.WARNING,
        what=(
            "A zero-width character or a tag character, other than a joiner in emoji or in a "
            "script that uses it."
        ),
        why=(
            "A model reads what a reviewer cannot see: instructions can be hidden so. A name "
            "with one in it equals no other."
        ),
        bad="Summarize the letter in one sen\u200btence.",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.UNSAFE,
        evidence=(
            "Tag characters are used to smuggle instructions past readers. Nothing is known of "
            "its effect on answers."
        ),
    ),
    check=_invisible,
)
