"""Info: data that stands before the instructions (R09)."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck import words
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.variable_names import end_of

_VERBS = words.Terms((*words.ACTION_VERBS, *words.SPELLINGS, *words.OTHER_INSTRUCTION_VERBS))

_TASK = (
    "Name the person who signs the letter, the day on which it was sent and what we are asked to "
    "do. Use no more than ten words for each."
)


def _data_first(subject: Subject) -> Iterator[Found]:
    reading = subject.reading
    if not reading.variables or not reading.language.is_english:
        return
    variable = reading.variables[0]
    end = end_of(reading, variable)
    line = (
        reading.text[: variable.start].rpartition("\n")[2] + reading.text[end:].partition("\n")[0]
    )
    if line.strip():
        return
    verbs = [match.start for match in _VERBS.matches(reading)]
    if not verbs or verbs[0] < variable.start:
        return
    n = len(words.word_runs(reading.lowered[end:]))
    if n >= subject.settings.min_task_words:
        yield Found(
            message=f"{quoted(variable.name)} stands before all {n} words of the instructions.",
            suggestion="Put what never changes first: providers cache equal beginnings.",
            start=variable.start,
            end=end,
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P016",
        name="data-first",
        severity=IssueSeverity.INFO,
        what=(
            "A variable on a line of its own before the first instruction, with "
            "`min_task_words` words or more behind it."
        ),
        why="Nothing of the prompt can be cached, as it begins differently each time.",
        bad="# Letter\n{{ letter }}\n\n# Task\n" + _TASK,
        good=_TASK + "\n\n# Letter\n{{ letter }}",
        fix=FixSafety.NONE,
        evidence=(
            "Equal beginnings cost less where a provider caches them. Where long data stands "
            "moves answers too, differently by model: test it."
        ),
    ),
    check=_data_first,
)
