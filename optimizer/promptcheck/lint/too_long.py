"""Warning: a prompt that is too long (published)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject


def _too_long(subject: Subject) -> Iterator[Found]:
    n, most = len(subject.reading.text.strip()), subject.settings.max_chars
    if n > most:
        yield Found(
            message=f"The prompt has {n} characters, more than {most}.",
            suggestion="Cut what no test case needs, or move data out of the prompt.",
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P010",
        name="too-long",
        severity=IssueSeverity.WARNING,
        what="A prompt of more than `max_chars` characters.",
        why="Each character is paid for with every call, and instructions get lost among many.",
        bad="Sort this list, the largest first:\n- " + "\n- ".join(map(str, range(400))),
        good="Sort this list, the largest first:\n- 3\n- 1\n- 2",
        fix=FixSafety.NONE,
        evidence=(
            "The bound is the published one. One user's optimizer let a prompt grow 13 times: "
            "+2.2 points on the cases it saw, -1.7 on 654 others. Long does not mean bad."
        ),
    ),
    check=_too_long,
)
