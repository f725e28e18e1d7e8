"""What is told of an optimization: its plan, its noise, its failures, what it changes."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.optimization import (
    Diagnosis,
    Split,
)
from optimizer.models.optimization_question import OptimizationQuestion
from optimizer.models.optimization_run import (
    ClusterCount,
    OptimizationRun,
    OptimizationStatus,
    Rewriting,
)
from optimizer.models.tasks import text_sha256
from optimizer.pipeline.optimizing_tools import Rules
from optimizer.prompts.testing.canary import PromptUse
from optimizer.prompts.testing.planning import Plan, plan_of
from optimizer.prompts.testing.preflight import Preflight
from optimizer.prompts.versions.confirming import (
    least_cases,
)
from optimizer.prompts.versions.differences import differences


def blank(question: OptimizationQuestion, rules: Rules, name: str) -> OptimizationRun:
    """Return an optimization of which nothing is known but the question."""
    return OptimizationRun(
        optimization_id=name,
        prompt_id=question.site.prompt_id,
        workflow_id=question.workflow_id,
        status=OptimizationStatus.RUNNING,
        strategy=question.strategy.value,
        why_strategy="asked for",
        engine=None,
        seed=question.seed,
        budget=rules.optimize.budget,
        n_spent=0,
        n_executed=0,
        n_recalled=0,
        split=None,
        n_cases=len(question.cases),
        plan=(),
        warnings=(),
        noise=None,
        flaky_ids=(),
        original=question.site.text,
        n_control=0,
        n_control_passed=0,
        clusters=(),
        searched=None,
        drafts=(),
        questions=(),
        held_out=None,
        why_not_confirmed=None,
        versions=(),
        promoted=False,
        cost_usd=None,
        n_priced=0,
        model_use=None,
        wanted=None,
        stopped="under way",
    )


def rewritings_of(question: OptimizationQuestion, texts: Sequence[str]) -> tuple[Rewriting, ...]:
    """Return what texts change in the prompt; nothing of the prompt itself."""
    original = question.site.text
    return tuple(
        Rewriting(sha256=text_sha256(text), pieces=differences(original, text))
        for text in texts
        if text != original
    )


def plan_for(parts: Split, rules: Rules, *, whole_suite: bool) -> Plan:
    """Return what an optimization of split cases will cost."""
    return plan_of(
        len(parts.train),
        len(parts.validation),
        len(parts.holdout),
        settings=rules.optimize,
        runner=rules.runner,
        whole_suite=whole_suite,
    )


def plan_lines(plan: Plan) -> tuple[tuple[str, int], ...]:
    """Return a plan as lines: for what, and how many tests."""
    return tuple((one.phase.value, one.n_tests) for one in plan.phases)


def too_few_held_out(parts: Split, rules: Rules) -> tuple[str, ...]:
    """Say so where the held-out cases are too few to confirm anything."""
    needed = least_cases(settings=rules.optimize, comparison=rules.comparison)
    if not parts.is_enough or len(parts.holdout) >= needed:
        return ()
    return (
        f"not enough held-out cases: {len(parts.holdout)} of {needed}; "
        "whatever is found cannot be confirmed",
    )


def cluster_counts(diagnosis: Diagnosis) -> tuple[ClusterCount, ...]:
    """Return how many train cases fail in each way."""
    return tuple(
        ClusterCount(signature=one.signature, n=len(one.failures)) for one in diagnosis.clusters
    )


def unknown_use(flight: Preflight) -> tuple[str, ...]:
    """Say so where nobody knows whether the tests take notice of the prompt."""
    if flight.canary.use is not PromptUse.UNKNOWN:
        return ()
    return (f"whether the tests use the prompt is not known: {flight.canary.reason}",)


def much_noise(flight: Preflight, noisy_rate: float) -> tuple[str, ...]:
    """Say so where the same prompt gives another outcome in many cases."""
    if not flight.flaky or len(flight.flaky) < noisy_rate * len(flight.repeated):
        return ()
    return (
        f"the tests are noisy: {len(flight.flaky)} of {len(flight.repeated)} cases passed once and "
        "failed once with the same prompt; a gain must be large, or --replicates high, to be seen",
    )


def noise_of(flight: Preflight) -> str | None:
    """Say how much results vary from one run to the next with the same prompt."""
    if flight.noise is None:
        return None
    return (
        f"{len(flight.flaky)} of {len(flight.repeated)} cases that were run twice passed once "
        "and failed once"
    )
