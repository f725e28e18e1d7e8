"""Warning: a character that turns the direction of text, so that it reads other than it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal

_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_OVERRIDES = "\u202d\u202e"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def _bidi(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    others = subject.reading.beyond_ascii
    if not _CONTROL.search(others):
        return
    is_native = _RIGHT_TO_LEFT.search(others) is not None
    for match in _CONTROL.finditer(text):
        if match.group() in _OVERRIDES or not is_native:
            yield Found(
                message=f"U+{ord(match.group()):04X} turns the direction of the text behind it.",
                suggestion="Remove it, unless the text is written from right to left.",
                start=match.start(),
                end=match.end(),
                edits=removal(match.start(), match.end()),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P036",
        name="bidi-control",
        severity=IssueSeverity.WARNING,
        what=(
            "A character that turns the direction of text, in a prompt without a right-to-left "
            "script; one that overrides it, in any."
        ),
        why=(
            'A reviewer sees the words in another order than the model (the "Trojan Source" '
            "attack on code)."
        ),
        bad="Summarize the letter in one \u202esentence.\u202c",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.UNSAFE,
        evidence=(
            "A matter of security (CVE-2021-42574); nothing is known of its effect on answers."
        ),
    ),
    check=_bidi,
)
