"""Warning: a list of instructions that is too long to be obeyed (R13)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.instructing import instruction_lists
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.reading import BULLET, NUMBERED

_TASK = "Describe the house in ten lines.\n"
_TOPICS = words.listed(
    """attic balcony cellar door entrance fence garden hall kitchen lawn mansard oven porch roof
    stairs terrace"""
)


def _too_many(subject: Subject) -> Iterator[Found]:
    reading, most = subject.reading, subject.settings.max_rules
    n_items = len(BULLET.findall(reading.free)) + len(NUMBERED.findall(reading.free))
    if n_items <= most or not reading.language.is_english:
        return
    for rules in instruction_lists(laid_out(reading)):
        if len(rules) > most:
            yield Found(
                message=f"{len(rules)} instructions in one list, more than {most}.",
                suggestion="Drop those that no test case needs, or split the task.",
                start=rules[0].start,
                end=rules[-1].end,
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P017",
        name="too-many-rules",
        severity=IssueSeverity.WARNING,
        what="A list of more than `max_rules` instructions.",
        why="Each further rule is obeyed less, and the earlier ones too.",
        bad=_TASK + "".join(f"- Mention the {topic} only once.\n" for topic in _TOPICS),
        good=_TASK + "".join(f"- Mention the {topic} only once.\n" for topic in _TOPICS[:3]),
        fix=FixSafety.NONE,
        evidence=(
            "Prompts with all requirements added do no better than under-specified ones: "
            "instructions overload a model (arXiv 2505.13360). The bound of 15 is a rule of "
            "thumb."
        ),
    ),
    check=_too_many,
)
