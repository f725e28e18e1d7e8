"""From evidence to a decision."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from optimizer import __version__
from optimizer.analysis.evidence import evidence
from optimizer.config.tree import Config
from optimizer.history.store import History
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import StrategyAnswer
from optimizer.models.rules import Explanation
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
    workflow_id: str | None,
    variant: str | None,
    as_of: datetime | None,
    config: Config,
    config_sha256: str,
    now: datetime,
    fail_fast: bool = False,
) -> list[Decision]:
    """Decide on a workflow, or on all of them, the worst first; nothing is stored.

    Raises:
        SelectionError: There is no such workflow or variant.
    """
    found = evidence(
        history,
        workflow_id=workflow_id,
        variant=variant,
        as_of=as_of,
        settings=config.evidence,
        rules=ScoringRules.from_config(config.scoring.model_dump()),
        slow_ms=_slow_ms(config),
    )
    strategies = enabled(config)
    decisions = [
        _decision(e, ask(strategies, e, fail_fast=fail_fast), config_sha256, now) for e in found
    ]
    return sorted(decisions, key=lambda d: (worst_margin(d.explanation), d.workflow_id))


def enabled(config: Config) -> list[tuple[int, Strategy]]:
    """Return the strategies that are switched on with their priorities, highest first."""
    entries = [(strategy, config.strategies.of(strategy)) for strategy in STRATEGIES]
    chosen = [(entry.priority, strategy(entry)) for strategy, entry in entries if entry.enabled]
    return sorted(chosen, key=lambda pair: (-pair[0], pair[1].name))


def ask(
    strategies: Sequence[tuple[int, Strategy]], found: Evidence, *, fail_fast: bool
) -> tuple[StrategyAnswer, ...]:
    """Ask each strategy; one that fails says so in its answer, and the others go on."""
    return tuple(
        _ask(strategy, priority, found, fail_fast=fail_fast) for priority, strategy in strategies
    )


def _ask(strategy: Strategy, priority: int, found: Evidence, *, fail_fast: bool) -> StrategyAnswer:
    try:
        answer = strategy.propose(found)
    except STRATEGY_FAILURES as error:
        if fail_fast:
            raise
        failure = f"{type(error).__name__}: {error}"
        return StrategyAnswer(
            strategy=strategy.name, priority=priority, answer=None, failure=failure
        )
    return StrategyAnswer(strategy=strategy.name, priority=priority, answer=answer)


def worst_margin(explanation: Explanation | None) -> float:
    """Return the smallest margin of the rules as a share of its threshold; inf where none is."""
    margins = [
        check.margin / (check.threshold or 1.0)
        for check in (explanation.checks if explanation else ())
        if check.margin is not None
    ]
    return min(margins, default=math.inf)


def _slow_ms(config: Config) -> float:
    """Return the limit on slow calls of the strategy that counts them."""
    entry = config.strategies.of(ThresholdBased)
    return float(getattr(entry, "max_latency_p95"))  # noqa: B009 - made from the strategy


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
