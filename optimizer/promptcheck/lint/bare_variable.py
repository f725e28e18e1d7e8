"""Info: a variable on a line of its own that nothing delimits (R05)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.edits.delimiters import Bare, bare_variables
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import laid_out
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_DELIMITERS = ("<", "`", "~~~", '"""', "'''", "---", "===", "***", "#", "[", "{%")
"""What a line that delimits begins with."""


def _bare(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    if not reading.words or not reading.variables:
        return
    bare = list(bare_variables(laid_out(reading)))
    names: dict[str, set[str]] = defaultdict(set)
    for one in bare:
        names[one.tag].add(one.name)
    for one in bare:
        if not _is_delimited(reading.text[: one.span.start], reading.text[one.span.end :]):
            yield _found(one, is_clear=len(names[one.tag]) == 1)


def _is_delimited(before: str, after: str) -> bool:
    """Tell whether the lines around a variable show where it begins and ends."""
    above, below = before.rstrip().rpartition("\n")[2], after.lstrip().partition("\n")[0]
    return above.lstrip().startswith(_DELIMITERS) and (not below or below.startswith(_DELIMITERS))


def _found(bare: Bare, *, is_clear: bool) -> Found:
    return Found(
        message=f"Nothing shows where the text of {quoted(bare.name)} begins and ends.",
        suggestion=f"Put it between <{bare.tag}> and </{bare.tag}>.",
        start=bare.span.start,
        end=bare.span.end,
        edits=bare.edits if is_clear else (),
    )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P006",
        name="bare-variable",
        severity=IssueSeverity.INFO,
        what=(
            "A variable alone on its line, without a tag, a fence, a heading or a rule around it, "
            "unless its name says that it holds instructions."
        ),
        why=(
            "Where data and instructions are not told apart, instructions inside the data are "
            "obeyed."
        ),
        bad="Classify the review as good or bad.\n\n{{ review }}\n",
        good="Classify the review as good or bad.\n\n<review>{{ review }}</review>\n",
        fix=FixSafety.UNSAFE,
        evidence=(
            "The separator between examples moves MMLU by up to 29.4 points, and naming the "
            "delimiter helps (arXiv 2510.05152). That tags help this prompt is for its tests "
            "to say."
        ),
    ),
    check=_bare,
)
