"""Warning: variables of several template dialects in one prompt."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.variable_names import end_of
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.variables import Variable

_DIALECTS = {
    SpanKind.EXPRESSION: "{{ name }}",
    SpanKind.STATEMENT: "{{ name }}",
    SpanKind.DIFY: "{{ name }}",
    SpanKind.DOLLAR: "${name}",
    SpanKind.BRACE: "{name}",
}
"""How a variable of a kind is written; Dify takes both of its forms in one prompt."""


def _mixed(subject: Subject) -> Iterator[Found]:
    first: dict[str, Variable] = {}
    for variable in subject.reading.variables:
        if not variable.in_code:
            first.setdefault(_DIALECTS[variable.kind], variable)
    for dialect, variable in list(first.items())[1:]:
        yield Found(
            message=f"{quoted(variable.name)} is written {dialect}, others {next(iter(first))}.",
            suggestion="Write all variables as the engine that fills the prompt reads them.",
            start=variable.start,
            end=end_of(subject.reading, variable),
        )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P005",
        name="mixed-templates",
        severity=IssueSeverity.WARNING,
        what="Variables written for several template engines in one prompt.",
        why=(
            "One engine fills the prompt; what is written for another reaches the model as it "
            "stands."
        ),
        bad="Translate {{ text }} into {language}.",
        good="Translate {{ text }} into {{ language }}.",
        fix=FixSafety.NONE,
        evidence="A fact of the template engines; no measurement is needed.",
    ),
    check=_mixed,
)
