"""Warning: a line that stands in the prompt twice (R02)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject, removal
from optimizer.promptcheck.words import word_runs


def _duplicates(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    keys = [line.strip() for line in reading.lines]
    if len({*keys}) == len(keys) - max(keys.count("") - 1, 0):
        return
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if not key or first.setdefault(key, index) == index:
            continue
        line, start = reading.lines[index], reading.line_starts[index]
        end = start + len(line)
        is_free = reading.free[start:end] == line
        if is_free and len(word_runs(key)) >= subject.settings.min_duplicate_words:
            yield Found(
                message=f"{quoted(line)} stands in line {first[key] + 1} already.",
                suggestion="Remove it, unless the repetition is meant to stress it.",
                start=start,
                end=end,
                edits=removal(start - 1, end),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P025",
        name="duplicate-line",
        severity=IssueSeverity.WARNING,
        what=(
            "A line of `min_duplicate_words` words or more, without variables or code, that "
            "occurs again."
        ),
        why="It costs tokens, and who changes one of the two later makes a contradiction.",
        bad=(
            "Summarize the letter:\n"
            "- Keep all names.\n"
            "- Write in past tense.\n"
            "- Leave every name as it stands.\n"
            "- Write in past tense.\n"
        ),
        good=(
            "Summarize the letter:\n"
            "- Keep all names.\n"
            "- Write in past tense.\n"
            "- Leave every name as it stands.\n"
        ),
        fix=FixSafety.SAFE,
        evidence=(
            "Tokens. A repetition that is meant can help (arXiv 2512.14982): ignore the "
            "finding there."
        ),
    ),
    check=_duplicates,
)
