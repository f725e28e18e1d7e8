"""Critical: a declared variable that the prompt lacks or misspells."""

from __future__ import annotations

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.variable_names import lost_variables

RULE = LintRule(
    page=LintRulePage(
        rule_id="P001",
        name="lost-variable",
        severity=IssueSeverity.CRITICAL,
        what="A declared variable that the text lacks; one that it misspells is named.",
        why="The model answers without its input, or is shown an empty stretch in its place.",
        bad="Classify the review as good or bad: {{ reviw }}",
        good="Classify the review as good or bad: {{ review }}",
        fix=FixSafety.UNSAFE,
        evidence=(
            "Opik's issue 7656: an optimizer that throws variables out makes the model answer "
            "blind, and a format-heavy metric may still reward it."
        ),
    ),
    check=lost_variables,
    declared=("review",),
)
