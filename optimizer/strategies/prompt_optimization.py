"""Rewrite the prompt when the scoring rules say that it should be optimized.

Asks: does any scoring rule fire for the current prompt beyond doubt?

Proposes: a rewrite of the prompt, with the focus that the rules choose.

Stays silent when nothing completed, when no rule fires, when the only rules that fire rest on too
few tests to be sure, or when tests failed mostly by timeouts, API or model-side failures.

Does not look at other variants, and knows no effect: a rewrite has none before its tests have run.
"""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.amounts import amount, percent
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Proposal
from optimizer.models.rules import Outcome, RuleCheck, Unit
from optimizer.models.settings import Settings
from optimizer.models.summaries import WindowSummary

FAILURE_RULES = frozenset({"success_rate", "timeout_rate"})
"""Rules that fire because tests failed, for whatever cause."""

UNFOCUSED = "the focus is open: the text of the prompt was not recorded"


class PromptOptimizationSettings(Settings):
    """Settings of the `prompt_optimization` strategy."""

    act_on_static_rules: bool = True
    """Whether a low static score or a critical issue of the text is reason enough."""


class PromptOptimization:
    """The `prompt_optimization` strategy."""

    name: ClassVar[str] = "prompt_optimization"
    priority: ClassVar[int] = 80
    settings_type: ClassVar[type[Settings]] = PromptOptimizationSettings

    def __init__(self, settings: PromptOptimizationSettings) -> None:
        self.settings = settings

    def propose(self, evidence: Evidence) -> Answer:
        """Propose a rewrite where a rule fires and the data settle it."""
        current, explanation = evidence.current, evidence.explanation
        if current is None or explanation is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        fired = [check for check in explanation.checks if self._counts(check)]
        sure = [check for check in fired if check.settled is not False]
        if sure and all(check.rule in FAILURE_RULES for check in sure):
            elsewhere = _failures_elsewhere(current)
            if elsewhere:
                return Answer(silence=elsewhere)
        if not fired:
            return Answer(silence="no scoring rule fires")
        if not sure:
            names = ", ".join(check.rule for check in fired)
            return Answer(
                silence=f"not enough data: {names} may or may not be beyond the threshold"
            )
        choice = explanation.choice
        facts = "; ".join(_fact(check) for check in sure)
        proposal = Proposal(
            strategy=self.name,
            type=DecisionType.OPTIMIZE_PROMPT,
            changes=(
                Change(
                    setting="prompt",
                    old=current.variant,
                    new=f"{current.variant}, rewritten"
                    + (f" ({choice.strategy})" if choice else ""),
                ),
            ),
            effects=(),
            effects_note="a rewrite has no measured effect before its tests have run",
            confidence=None,
            rationale=f"{facts}; {choice.reason if choice else UNFOCUSED}.",
            unless=f"{' and '.join(check.rule for check in sure)} had not fired",
        )
        return Answer(proposals=(proposal,))

    def _counts(self, check: RuleCheck) -> bool:
        is_static = check.n is None
        return check.outcome is Outcome.FIRED and (
            self.settings.act_on_static_rules or not is_static
        )


def _failures_elsewhere(current: WindowSummary) -> str | None:
    """Say that most failures are not the prompt's, or None where they may be."""
    n_failures = current.n_completed - current.n_succeeded
    n_elsewhere = current.n_timeout_failures + current.n_api_failures + current.n_llm_failures
    if 2 * n_elsewhere <= n_failures:
        return None
    return (
        f"{n_elsewhere} of {n_failures} failures are timeouts, API or model-side failures, "
        "which a rewrite does not cure"
    )


def _fact(check: RuleCheck) -> str:
    """Return a fired rule in words."""
    side = "below" if check.fires_below else "above"
    of = "" if check.n is None else f" of {check.n} tests"
    if check.unit is Unit.RATE and check.value is not None:
        value, threshold = percent(check.value), percent(check.threshold)
    else:
        value, threshold = amount(check.value), f"{check.threshold:g}"
    return f"{check.rule} {value}{of} is {side} {check.setting} {threshold}"
