"""Info: a long prompt with hardly a newline (published)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_TASK = (
    "# Task: find three facts in the letter below. Its author is the person who signs it, not the "
    "one it is addressed to. The date is the day on which it was sent, which is often printed "
    "beside a city in the first line. The request is what we are asked to do, even where "
    "polite phrases surround it."
)
_ANSWER = (
    "# Answer: give three lines, one per fact, each with no more than ten words. Use the language "
    "of the letter, and a dash for any fact that it lacks. Never invent a date from context, and "
    "leave titles such as doctor out of names."
)


def _wall(subject: Subject) -> Iterator[Found]:
    text, settings = subject.reading.text.strip(), subject.settings
    if len(text) > settings.newlines_from_chars and text.count("\n") < settings.min_newlines:
        yield Found(
            message=f"{len(text)} characters with {text.count(chr(10))} newlines.",
            suggestion="Break the text into paragraphs: task, input, answer.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P013",
        name="wall-of-text",
        severity=IssueSeverity.INFO,
        what="More than `newlines_from_chars` characters with fewer than `min_newlines` newlines.",
        why="Task, input and answer run into one another.",
        bad=_TASK + " " + _ANSWER,
        good=_TASK + "\n\n" + _ANSWER,
        fix=FixSafety.NONE,
        evidence="As of missing-structure: layout matters, differently to each model.",
    ),
    check=_wall,
)
