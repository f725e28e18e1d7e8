"""What the choice of a strategy rests on: failures, figures of the control, the text itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from optimizer.models.contract import PromptAnalysis
from optimizer.models.execution import ErrorDistribution, TestExecutionReport
from optimizer.models.failures import FailureKind
from optimizer.models.optimization import CaseResult, Diagnosis
from optimizer.models.optimization_question import OptimizationQuestion
from optimizer.pipeline.linted import n_vague
from optimizer.promptcheck import analyze
from optimizer.prompts.search.choosing import Choice, Grounds

CONTROL = "control"
"""What the tests of the prompt in use are called, as no run of the history holds them."""


def grounds_of(
    question: OptimizationQuestion,
    diagnosis: Diagnosis,
    control: Sequence[CaseResult],
    *,
    has_model: bool,
    now: datetime,
) -> Grounds:
    """Return what a strategy is chosen by."""
    return Grounds(
        diagnosis=diagnosis,
        report=_report(question, control, now),
        analysis=analysis_of(question, now),
        n_vague=n_vague(question.site.text),
        has_model=has_model,
    )


def analysis_of(question: OptimizationQuestion, now: datetime) -> PromptAnalysis:
    """Return the static analysis of the prompt in use."""
    site = question.site
    return analyze(site.text, prompt_id=site.prompt_id, analyzed_at=now, variables=site.declared)


def why_of(choice: Choice) -> str:
    """Say why a strategy was chosen, and what the published rule says where that is another."""
    published = choice.published
    if published is None or published.strategy == choice.strategy:
        return choice.why
    rivals = "".join(f"; {cause}" for cause in published.rival_causes)
    return f"{choice.why}; the published rule says {published.strategy}: {published.reason}{rivals}"


def _report(
    question: OptimizationQuestion, results: Sequence[CaseResult], now: datetime
) -> TestExecutionReport | None:
    """Return the figures of some results; a figure that nobody measured is 0 and named."""
    if not results:
        return None
    n, n_passed = len(results), sum(one.passed for one in results)
    latency = _mean(one.latency_ms for one in results)
    tokens = _mean(one.tokens for one in results)
    cost = _mean(one.cost_usd for one in results)
    figures = {"latency": latency, "tokens": tokens, "cost": cost}
    kinds = [one.failure_kind for one in results]
    return TestExecutionReport(
        workflow_id=question.workflow_id or question.site.prompt_id,
        run_id=CONTROL,
        total_tests=n,
        successful_tests=n_passed,
        failed_tests=n - n_passed,
        success_rate=n_passed / n,
        avg_response_time_ms=latency or 0.0,
        total_tokens=sum(one.tokens or 0 for one in results),
        avg_tokens_per_request=tokens or 0.0,
        total_cost=math.fsum(one.cost_usd or 0.0 for one in results),
        cost_per_request=cost or 0.0,
        error_distribution=ErrorDistribution(
            timeout_errors=kinds.count(FailureKind.TIMEOUT),
            api_errors=kinds.count(FailureKind.API),
            validation_errors=kinds.count(FailureKind.VALIDATION),
            llm_errors=kinds.count(FailureKind.LLM),
        ),
        executed_at=now,
        metadata={"unknown_fields": [name for name, known in figures.items() if known is None]},
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
