"""Warning: a list of instructions that is too long to be obeyed (R13)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_ITEM = re.compile(r"\n[ \t]*+(?:[-*+•]|\d+[.)])[ \t]+(?P<text>[^\n]*)")
_MARGIN = re.compile(r"\n(?=[^\s])")
_INSTRUCTS = re.compile(
    rf"""\W*(?:(?:please|always|never|only|if|when|do|don['\u2019]t|avoid|you|ensure
                 |{"|".join((*words.ACTION_VERBS, *words.OTHER_INSTRUCTION_VERBS))})\b
             |.*\b(?:must|should|never|always)\b)""",
    re.IGNORECASE | re.VERBOSE,
)

_TASK = "Describe the house in ten lines.\n"
_TOPICS = words.listed(
    """attic balcony cellar door entrance fence garden hall kitchen lawn mansard oven porch roof
    stairs terrace"""
)


def _too_many(subject: Subject) -> Iterator[Found]:
    for items in _lists(subject):
        rules = [item for item in items if _INSTRUCTS.match(item["text"])]
        if len(rules) > subject.settings.max_rules:
            yield Found(
                message=f"{len(rules)} instructions in one list, more than "
                f"{subject.settings.max_rules}.",
                suggestion="Drop those that no test case needs, or split the task.",
                start=rules[0].start("text") - 1,
                end=rules[-1].end("text") - 1,
            )


def _lists(subject: Subject) -> Iterator[list[re.Match[str]]]:
    """Yield the items of each list of an English prompt; a line at the margin ends a list."""
    reading = subject.reading
    text = "\n" + reading.free
    found = list(_ITEM.finditer(text))
    if len(found) <= subject.settings.max_rules or not reading.language.is_english:
        return
    items = found[:1]
    for before, item in pairwise(found):
        if _MARGIN.search(text, before.end(), item.start()):
            yield items
            items = []
        items.append(item)
    yield items


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
