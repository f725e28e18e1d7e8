"""From evidence to a decision."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from optimizer import __version__
from optimizer.analysis.drift import Watch
from optimizer.analysis.evidence import evidence, require_workflow
from optimizer.config.tree import Config
from optimizer.history.queries.evidence import studies
from optimizer.history.store import History
from optimizer.models.decisions import Decision, DecisionState, Made
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import StrategyAnswer
from optimizer.models.rules import Explanation
from optimizer.pipeline.calibrating import shrunk, with_calibration
from optimizer.pipeline.studies import Stored, with_studies
from optimizer.scoring_rules import ScoringRules
from optimizer.strategies import STRATEGIES, Strategy
from optimizer.strategies.threshold_based import ThresholdBased

STRATEGY_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a faulty strategy may raise without stopping the others."""

SIGNIFICANT_DIGITS = 10
"""Of a float in a decision's id: sums may differ in the last digits with the order of rows."""


def decide(
    history: History,
    *,
    workflow_ids: Sequence[str],
    variant: str | None,
    as_of: datetime | None,
    config: Config,
    config_sha256: str,
    now: datetime,
    fail_fast: bool = False,
    is_missing_fine: bool = False,
) -> list[Made]:
    """Decide on some workflows, in their order; nothing is stored.

    A workflow of which no run had ended by `as_of` is left out.

    Raises:
        SelectionError: No run of any of them is known, unless that is fine, or there is no such
            variant.
    """
    found = evidence(
        history,
        workflow_ids=workflow_ids,
        variant=variant,
        as_of=as_of,
        settings=config.evidence,
        rules=ScoringRules.from_config(config.scoring.model_dump()),
        slow_ms=slow_ms(config),
        watch=watch(config),
        anomaly=config.anomalies,
        budgets=config.budgets,
    )
    if not found and workflow_ids and not is_missing_fine:
        require_workflow(history, workflow_ids[0], as_of)
    strategies = enabled(config)
    stored = studies(history, workflow_ids=workflow_ids)
    return [
        decide_on(
            with_calibration(one, prior_sd=config.lifecycle.calibration_sd),
            strategies,
            stored,
            config_sha256=config_sha256,
            now=now,
            fail_fast=fail_fast,
        )
        for one in found
    ]


def decide_on(
    found: Evidence,
    strategies: Sequence[tuple[int, Strategy]],
    stored: Stored,
    *,
    config_sha256: str,
    now: datetime,
    fail_fast: bool = False,
) -> Made:
    """Decide on one workflow from what is known of it."""
    whole, new = with_studies([strategy for _, strategy in strategies], found, stored)
    asked = ask(strategies, whole, fail_fast=fail_fast)
    answers = tuple(shrunk(one.answer, whole) for one in asked)
    return Made(
        decision=_decision(whole, answers, config_sha256, now),
        elapsed_ms={one.answer.strategy: one.elapsed_ms for one in asked},
        studies=new,
    )


def worst_first(made: Iterable[Made]) -> list[Made]:
    """Return decisions, the worst margin first."""
    return sorted(
        made, key=lambda m: (worst_margin(m.decision.explanation), m.decision.workflow_id)
    )


def enabled(config: Config) -> list[tuple[int, Strategy]]:
    """Return the strategies that are switched on with their priorities, highest first."""
    entries = [(strategy, config.strategies.of(strategy)) for strategy in STRATEGIES]
    chosen = [(entry.priority, strategy(entry)) for strategy, entry in entries if entry.enabled]
    return sorted(chosen, key=lambda pair: (-pair[0], pair[1].name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A strategy's answer and how long it took, in ms."""

    answer: StrategyAnswer
    elapsed_ms: float


def ask(
    strategies: Sequence[tuple[int, Strategy]], found: Evidence, *, fail_fast: bool
) -> tuple[Asked, ...]:
    """Ask each strategy; one that fails says so in its answer, and the others go on."""
    return tuple(
        _ask(strategy, priority, found, fail_fast=fail_fast) for priority, strategy in strategies
    )


def _ask(strategy: Strategy, priority: int, found: Evidence, *, fail_fast: bool) -> Asked:
    start = time.perf_counter()
    answer, failure = None, None
    try:
        answer = strategy.propose(found)
    except STRATEGY_FAILURES as error:
        if fail_fast:
            raise
        failure = f"{type(error).__name__}: {error}"
    elapsed_ms = 1000 * (time.perf_counter() - start)
    said = StrategyAnswer(strategy=strategy.name, priority=priority, answer=answer, failure=failure)
    return Asked(answer=said, elapsed_ms=elapsed_ms)


def worst_margin(explanation: Explanation | None) -> float:
    """Return the smallest margin of the rules as a share of its threshold; inf where none is."""
    margins = [
        check.margin / (check.threshold or 1.0)
        for check in (explanation.checks if explanation else ())
        if check.margin is not None
    ]
    return min(margins, default=math.inf)


def slow_ms(config: Config) -> float:
    """Return the limit on slow calls of the strategy that counts them."""
    entry = config.strategies.of(ThresholdBased)
    return float(getattr(entry, "max_latency_p95"))  # noqa: B009 - made from the strategy


def watch(config: Config) -> Watch:
    """Return how moves of metrics are looked for; part of it is said of `threshold_based`."""
    said: Any = config.strategies.of(ThresholdBased)
    return Watch(
        settings=config.drift,
        delta=said.drift_delta,
        window_size=said.drift_window_size,
        seed=config.evidence.seed,
    )


def _decision(
    found: Evidence, answers: tuple[StrategyAnswer, ...], config_sha256: str, now: datetime
) -> Decision:
    has_changes = any(
        proposal.changes
        for answer in answers
        if answer.answer is not None
        for proposal in answer.answer.proposals
    )
    content = (found.workflow_id, found.current, found.others, found.explanation, answers)
    return Decision(
        decision_id=_digest((content, config_sha256, found.seed, __version__)),
        workflow_id=found.workflow_id,
        as_of=found.as_of,
        decided_at=now,
        state=DecisionState.PENDING if has_changes else DecisionState.COMPLETED,
        current=found.current,
        others=found.others,
        explanation=found.explanation,
        answers=answers,
        config_sha256=config_sha256,
        seed=found.seed,
        version=__version__,
    )


def _digest(content: object) -> str:
    """Return 12 hexadecimal digits of SHA-256 over canonical JSON."""
    plain = _rounded(msgspec.to_builtins(content))
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:12]


def _rounded(value: Any) -> Any:
    """Round every float in a tree to its significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
