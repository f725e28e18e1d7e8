"""Drafts where no test can tell how good they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from optimizer.history.optimizing import record_optimization
from optimizer.models.contract import OptimizationStrategy
from optimizer.models.optimization import (
    Split,
)
from optimizer.models.optimization_question import OptimizationQuestion
from optimizer.models.optimization_run import (
    OptimizationRun,
    OptimizationStatus,
)
from optimizer.models.versions import Lineage
from optimizer.pipeline.grounds import analysis_of
from optimizer.pipeline.linted import named_lint
from optimizer.pipeline.optimization_facts import blank, rewritings_of
from optimizer.pipeline.optimizing_tools import Rules, Tools
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import record_made
from optimizer.pipeline.proposing import drafts_of, is_cosmetic
from optimizer.prompts.search.guards import guards

NOBODY_TESTS = "nobody was named who runs tests"
"""Why there are drafts and nothing more."""


def drafted(
    question: OptimizationQuestion, tools: Tools, rules: Rules, parts: Split
) -> OptimizationRun:
    """Make drafts that nobody has tested, and store them as such."""
    text = question.site.text
    strategy, why = static_strategy(question, rules)
    guard = guards(text, settings=rules.optimize, train=question.cases)
    made = drafts_of(
        text,
        strategy,
        tools.model,
        guard,
        own=question.drafts,
        transforms=rules.transforms,
        seed=question.seed,
    )
    name = question.identity("", tools.model_name)
    with tools.open_history() as history:
        versions = tuple(
            record_made(
                history,
                question.site.prompt_id,
                Made(
                    text=draft.text,
                    lineage=Lineage(
                        strategy=strategy.value,
                        why_strategy=why,
                        proposer=draft.proposer,
                        why=draft.why,
                        rules=draft.rules,
                        seed=question.seed,
                    ),
                    optimization_id=name,
                    cosmetic=is_cosmetic(draft),
                    lint_before=named_lint(question.site),
                    lint_after=named_lint(replace(question.site, text=draft.text)),
                ),
                tools.who_now,
                rules=rules.thresholds,
            )
            for draft in made.drafts
        )
        reason = parts.reason if tools.executor is not None else NOBODY_TESTS
        run = replace(
            blank(question, rules, name),
            status=OptimizationStatus.FINISHED,
            strategy=strategy.value,
            why_strategy=why,
            drafts=made.drafts,
            questions=made.questions,
            warnings=made.problems,
            versions=versions,
            rewritings=rewritings_of(question, [draft.text for draft in made.drafts]),
            model_use=tools.model_use(),
            stopped=reason if made.drafts else f"nothing to rewrite was found; {reason}",
        )
        record_optimization(history, run, at=tools.now())
    return run


def static_strategy(
    question: OptimizationQuestion, rules: Rules
) -> tuple[OptimizationStrategy, str]:
    """Return the strategy where no tests tell: the one asked for, or the published answer."""
    if question.strategy is not OptimizationStrategy.AUTO:
        return question.strategy, "asked for"
    analysis = analysis_of(question, datetime.min)
    chosen = rules.thresholds.select_strategy(analysis)
    return OptimizationStrategy(chosen), "by the static scores of the text, as no test tells more"
