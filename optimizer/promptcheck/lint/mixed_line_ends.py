"""Warning: line ends of several kinds in one prompt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import Edit, FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_END = re.compile(r"\r\n?|\n")
_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


def _mixed(subject: Subject) -> Iterator[Found]:
    raw = subject.raw
    if "\r" not in raw:
        return
    ends = list(_END.finditer(raw))
    counts = Counter(match.group() for match in ends)
    if len(counts) == 1:
        return
    usual = max(counts, key=lambda end: (counts[end], end == "\n"))
    others = [match for match in ends if match.group() != usual]
    yield Found(
        message=f"{len(others)} of {len(ends)} line ends are not {_NAMES[usual]} as the others.",
        suggestion=f"End every line with {_NAMES[usual]}.",
        start=others[0].start(),
        end=others[0].end(),
        edits=tuple(Edit(start=m.start(), end=m.end(), text=usual) for m in others),
    )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P032",
        name="mixed-line-ends",
        severity=IssueSeverity.WARNING,
        what="Lines that end in LF and others that end in CRLF or CR.",
        why="Two prompts that look alike are different ones: caches miss, hashes differ.",
        bad="Summarize the letter in one sentence.\r\nKeep all names.\nKeep all dates.",
        good="Summarize the letter in one sentence.\nKeep all names.\nKeep all dates.",
        fix=FixSafety.SAFE,
        evidence="Nothing is known of its effect on answers.",
    ),
    check=_mixed,
    counts_in_raw=True,
)
