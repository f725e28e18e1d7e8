"""Warning: a variable that nobody declared."""

from __future__ import annotations

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.variable_names import undeclared_variables

RULE = LintRule(
    page=LintRulePage(
        rule_id="P002",
        name="undeclared-variable",
        severity=IssueSeverity.WARNING,
        what=(
            "A variable that the text uses and no declaration names; what Dify supplies by "
            "itself is known."
        ),
        why="Nobody fills it: the engine stops, or puts nothing in its place.",
        bad="Classify the {{ review }} of {{ customer }} as good or bad.",
        good="Classify the {{ review }} as good or bad.",
        fix=FixSafety.NONE,
        evidence="A fact of the template engines; no measurement is needed.",
    ),
    check=undeclared_variables,
    declared=("review",),
)
