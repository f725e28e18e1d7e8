"""Info: a variable on a line of its own that nothing delimits (R05)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import Edit, FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.variable_names import end_of
from optimizer.promptcheck.variables import Variable

_DELIMITERS = ("<", "`", "~~~", '"""', "'''", "---", "===", "***", "#", "[", "{%")
"""What a line that delimits begins with."""

_NOT_IN_A_TAG = re.compile(r"\W+")


def _bare(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    if not reading.words:
        return
    for variable in reading.variables:
        end = end_of(reading, variable)
        before, after = reading.text[: variable.start], reading.text[end:]
        is_alone = not before.rpartition("\n")[2].strip() and not after.partition("\n")[0].strip()
        if is_alone and not variable.in_code and not _is_delimited(before, after):
            yield _found(variable, end)


def _is_delimited(before: str, after: str) -> bool:
    """Tell whether the lines around a variable show where it begins and ends."""
    above, below = before.rstrip().rpartition("\n")[2], after.lstrip().partition("\n")[0]
    return above.lstrip().startswith(_DELIMITERS) and (not below or below.startswith(_DELIMITERS))


def _found(variable: Variable, end: int) -> Found:
    tag = _NOT_IN_A_TAG.sub("_", variable.name.rpartition(".")[2]) or "input"
    return Found(
        message=f"Nothing shows where the text of {quoted(variable.name)} begins and ends.",
        suggestion=f"Put it between <{tag}> and </{tag}>.",
        start=variable.start,
        end=end,
        edits=(
            Edit(start=variable.start, end=variable.start, text=f"<{tag}>\n"),
            Edit(start=end, end=end, text=f"\n</{tag}>"),
        ),
    )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P006",
        name="bare-variable",
        severity=IssueSeverity.INFO,
        what="A variable alone on its line, without a tag, a fence, a heading or a rule around it.",
        why=(
            "Where data and instructions are not told apart, instructions inside the data are "
            "obeyed."
        ),
        bad="Classify the review as good or bad.\n\n{{ review }}\n",
        good="Classify the review as good or bad.\n\n<review>\n{{ review }}\n</review>\n",
        fix=FixSafety.UNSAFE,
        evidence=(
            "The separator between examples moves MMLU by up to 29.4 points, and naming the "
            "delimiter helps (arXiv 2510.05152). That tags help this prompt is for its tests "
            "to say."
        ),
    ),
    check=_bare,
)
