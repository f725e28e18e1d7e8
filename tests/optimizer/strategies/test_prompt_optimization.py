from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from optimizer.models import PromptAnalysis
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.reports import report_of
from optimizer.models.summaries import WindowSummary
from optimizer.scoring_rules import ScoringRules
from optimizer.strategies.prompt_optimization import (
    PromptOptimization,
    PromptOptimizationSettings,
)

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]


def ask(evidence: Evidence, **settings: bool) -> Answer:
    return PromptOptimization(PromptOptimizationSettings(**settings)).propose(evidence)


def with_analysis(evidence: Evidence, overall: float) -> Evidence:
    analysis = PromptAnalysis(
        prompt_id="p", overall_score=overall, clarity_score=50, efficiency_score=90
    )
    assert evidence.current is not None
    explanation = ScoringRules().explain_optimize(analysis, report_of(evidence.current))
    return replace(evidence, analysis=analysis, explanation=explanation)


def test_proposes_a_rewrite_with_the_chosen_focus(evidence: Make, window: Window) -> None:
    found = with_analysis(evidence(window("v", 50, 100)), overall=90)
    (proposal,) = ask(found).proposals
    assert proposal.type is DecisionType.OPTIMIZE_PROMPT
    assert proposal.changes[0].new == "v, rewritten (clarity_focus)"
    assert "success_rate 50 % of 100 tests is below min_success_rate 80 %" in proposal.rationale
    assert proposal.effects == ()
    assert proposal.effects_note


def test_leaves_the_focus_open_where_the_prompt_is_unknown(evidence: Make, window: Window) -> None:
    (proposal,) = ask(evidence(window("v", 50, 100))).proposals
    assert "the text of the prompt was not recorded" in proposal.rationale


def test_leaves_a_prompt_alone_that_mostly_failed_elsewhere(evidence: Make, window: Window) -> None:
    limited = window("v", 20, 150, n_llm_failures=120, n_api_failures=5)
    assert ask(evidence(limited)).silence == (
        "125 of 130 failures are timeouts, API or model-side failures, "
        "which a rewrite does not cure"
    )
    assert ask(evidence(window("v", 20, 150, n_llm_failures=65))).proposals


def test_a_low_static_score_can_be_switched_off_as_a_reason(evidence: Make, window: Window) -> None:
    found = with_analysis(evidence(window("v", 100, 100)), overall=50)
    assert ask(found).proposals
    assert ask(found, act_on_static_rules=False).silence == "no scoring rule fires"
