"""Info: a phrase that says nothing (R04)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import Edit, FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.phrases import FILLER
from optimizer.promptcheck.words import Match, Terms

_PHRASES = Terms(FILLER)
_GAP = re.compile(r",?[ \t]*+")
_MARK = re.compile(r"[ \t]*+(?:[-*+•]|\d+[.)])[ \t]++")
_ENDS = (".", "!", "?", ":")
_CLOSING = (".", "!", "?", ";", ":", ")", "\n")


def _filler(subject: Subject) -> Iterator[Found]:
    if not subject.reading.language.is_english:
        return
    for match in _PHRASES.matches(subject.reading):
        phrase = subject.reading.text[match.start : match.end]
        yield Found(
            message=f"{quoted(phrase)} says nothing.",
            suggestion="Leave it out.",
            start=match.start,
            end=match.end,
            edits=_edits(subject.reading.text, subject.reading.free, match),
        )


def _edits(text: str, free: str, match: Match) -> tuple[Edit, ...]:
    """Return what takes a phrase away with its comma, or nothing where that would break the line.

    The word behind it takes its capital where it began a sentence. A phrase that ends a clause
    has no word behind it, and one before something protected may not be followed by a capital.
    """
    gap = _GAP.match(free, match.end)
    end = gap.end() if gap else match.end
    if end >= len(text) or free[end] == "\x00" or free[end] in _CLOSING:
        return ()
    stays = FILLER[match.term]
    capital = text[match.start].isupper() or _starts_a_sentence(free, match.start)
    if stays:
        said = stays[0].upper() + stays[1:] if text[match.start].isupper() else stays
        return (Edit(start=match.start, end=match.end, text=said),)
    following = text[end].upper() if capital else text[end]
    return (Edit(start=match.start, end=end + 1, text=following),)


def _starts_a_sentence(free: str, offset: int) -> bool:
    before = free[:offset]
    said = before.rstrip()
    if not said or said.endswith(_ENDS) or before.count("\n", len(said)) > 1:
        return True
    return _MARK.fullmatch(before.rpartition("\n")[2]) is not None


RULE = LintRule(
    page=LintRulePage(
        rule_id="P024",
        name="filler-phrase",
        severity=IssueSeverity.INFO,
        what=(
            "A phrase of an English prompt that could go: basically, I would like you to. "
            "Never just, only, some, very, actually, simply or must."
        ),
        why="It costs tokens with every call.",
        bad="I would like you to summarize the letter in one sentence.",
        good="Summarize the letter in one sentence.",
        fix=FixSafety.SAFE,
        evidence="No evidence on quality either way: tokens only.",
    ),
    check=_filler,
)
