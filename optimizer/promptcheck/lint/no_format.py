"""Info: a prompt that does not say what the answer looks like."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_FORMAT_WORDS = frozenset(
    words.listed(
        """answer answers reply replies respond responds response responses output outputs return
        returns format json xml yaml csv html markdown table list lists bullet bullets label labels
        sentence sentences paragraph paragraphs word words line lines characters template schema
        exactly example examples"""
    )
)
"""With none of these, nothing is said about the answer."""

_TASK = (
    "# Task\nYou are an archivist who describes old letters for a museum. Find out who wrote the "
    "letter, when it was sent and what its author asks for. Leave titles such as doctor out of "
    "names."
)
_LETTER = "\n\n# Letter\n{{ letter }}"


def _no_format(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    if len(reading.text.strip()) <= subject.settings.format_from_chars:
        return
    if reading.language.is_english and reading.lexicon.isdisjoint(_FORMAT_WORDS):
        yield Found(
            message="Nothing says what the answer looks like.",
            suggestion="Say what to answer: its parts, its order, its length.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P015",
        name="no-format",
        severity=IssueSeverity.INFO,
        what=(
            "An English prompt of more than `format_from_chars` characters that never speaks "
            "of the answer."
        ),
        why="Whatever reads the answer has to cope with any form of it.",
        bad=_TASK + _LETTER,
        good=_TASK + " Answer in one sentence." + _LETTER,
        fix=FixSafety.NONE,
        evidence=(
            "Most of what optimizers gain is format; malformed JSON fell from 40 % to below 3 "
            "% at Dropbox. A strict format can hurt reasoning and helps classification (arXiv "
            "2408.02442)."
        ),
    ),
    check=_no_format,
)
