"""From evidence to a decision."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from optimizer import __version__
from optimizer.analysis.drift import Watch
from optimizer.analysis.evidence import evidence, require_workflow
from optimizer.config.tree import Config
from optimizer.history.queries.evidence import breaker_events, studies
from optimizer.history.store import History
from optimizer.models.decisions import Decision, Made, Study
from optimizer.models.errors import SelectionError
from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import BreakerEvent
from optimizer.models.proposals import NOT_ASKED, TIMED_OUT, Answer, StrategyAnswer
from optimizer.models.reviews import Review
from optimizer.models.rules import Explanation
from optimizer.pipeline.calibrating import shrunk, with_calibration
from optimizer.pipeline.circuits import Circuits
from optimizer.pipeline.review import Rules, review, state_of
from optimizer.pipeline.studies import Stored, with_studies
from optimizer.safety.guards import run_time
from optimizer.safety.settings import EngineSettings
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

OFF = f"{NOT_ASKED}: switched off in the settings"

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
    only: Sequence[str] = (),
    is_missing_fine: bool = False,
) -> list[Made]:
    """Decide on some workflows, in their order; nothing is stored.

    A workflow of which no run had ended by `as_of` is left out. Where `only` names strategies, no
    other is asked.

    Raises:
        SelectionError: No run of any of them is known, unless that is fine, or there is no such
            variant or strategy.
    """
    require_strategies(only)
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
    events = breaker_events(history, workflow_ids=workflow_ids, as_of=as_of)
    engine = config.engine
    how = How(
        engine=engine.model_copy(update={"fail_fast": fail_fast or engine.fail_fast}),
        rules=Rules.of(config),
        config_sha256=config_sha256,
        only=tuple(only),
        off=switched_off(config),
    )
    return [
        decide_on(
            with_calibration(one, prior_sd=config.lifecycle.calibration_sd),
            strategies,
            stored,
            how=how,
            events=[event for event in events if event.workflow_id == one.workflow_id],
            now=now,
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How decisions are made, whatever the workflow.

    Attributes:
        engine: How the strategies are asked.
        rules: What their proposals are held against.
        config_sha256: Hash of the settings in force.
        only: Names of the strategies that are asked; empty: all.
        off: Priorities of the strategies that are switched off, by name.
    """

    engine: EngineSettings = field(default_factory=EngineSettings)
    rules: Rules = field(default_factory=Rules)
    config_sha256: str = ""
    only: tuple[str, ...] = ()
    off: Mapping[str, int] = field(default_factory=dict)


def decide_on(
    found: Evidence,
    strategies: Sequence[tuple[int, Strategy]],
    stored: Stored,
    *,
    how: How,
    events: Sequence[BreakerEvent] = (),
    now: datetime,
) -> Made:
    """Decide on one workflow from what is known of it.

    Args:
        found: What is known.
        strategies: Who is asked, with their priorities, highest first.
        stored: What strategies measured before.
        how: How the decision is made.
        events: What its circuit breakers go by.
        now: When, UTC.
    """
    circuits = Circuits(
        events=events, at=run_time(found), settings=how.rules.safety.circuit_breaker
    )
    refused = {
        strategy.name: why
        for _, strategy in strategies
        if (why := _why_not(strategy.name, how, circuits)) is not None
    }
    asked = [pair for pair in strategies if pair[1].name not in refused]
    studied = _studied([strategy for _, strategy in asked], found, stored, how.engine)
    whole = studied.found
    said = [
        *(
            Asked(answer=_unasked(s.name, p, studied.failed[s.name]), elapsed_ms=0.0)
            for p, s in asked
            if s.name in studied.failed
        ),
        *ask(
            [pair for pair in asked if pair[1].name not in studied.failed], whole, engine=how.engine
        ),
    ]
    left_out = {name: (priority, OFF) for name, priority in how.off.items()}
    left_out |= {s.name: (p, refused[s.name]) for p, s in strategies if s.name in refused}
    answers = _in_order([shrunk(one.answer, whole) for one in said], left_out)
    reviews = review(answers, whole, how.rules, circuits.changes())
    return Made(
        decision=_decision(whole, answers, reviews, how.config_sha256, now),
        elapsed_ms={one.answer.strategy: one.elapsed_ms for one in said if one.elapsed_ms >= 0},
        studies=studied.new,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Studied:
    """Evidence with the studies of its strategies, those that are new, and who failed at one."""

    found: Evidence
    new: tuple[Study, ...]
    failed: Mapping[str, str]


def _studied(
    strategies: Sequence[Strategy], found: Evidence, stored: Stored, engine: EngineSettings
) -> _Studied:
    """Make the studies that are missing; a strategy that fails at its own stops no other."""
    studies: dict[str, Any] = {}
    new: list[Study] = []
    failed: dict[str, str] = {}
    for strategy in strategies:
        try:
            whole, made = with_studies([strategy], found, stored)
        except STRATEGY_FAILURES as error:
            if engine.fail_fast:
                raise
            failed[strategy.name] = f"{type(error).__name__}: {error}"
        else:
            studies |= whole.studies
            new += made
    return _Studied(found=replace(found, studies=studies), new=tuple(new), failed=failed)


def require_strategies(names: Sequence[str]) -> None:
    """Refuse names of strategies that there are none of.

    Raises:
        SelectionError: One is not known.
    """
    known = [strategy.name for strategy in STRATEGIES]
    for name in names:
        if name not in known:
            raise SelectionError(
                f"strategy {name!r}: not known, expected one of {', '.join(known)}",
                hint="See 'optimizer strategies'.",
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


def switched_off(config: Config) -> dict[str, int]:
    """Return the priorities of the strategies that are switched off, by name."""
    entries = ((strategy.name, config.strategies.of(strategy)) for strategy in STRATEGIES)
    return {name: entry.priority for name, entry in entries if not entry.enabled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A strategy's answer and how long it took, in ms; below 0 where no time was left to ask."""

    answer: StrategyAnswer
    elapsed_ms: float


def ask(
    strategies: Sequence[tuple[int, Strategy]], found: Evidence, *, engine: EngineSettings
) -> tuple[Asked, ...]:
    """Ask each strategy; one that fails or takes too long says so, and the others go on.

    A strategy is not interrupted: that it took too long is known when it has answered. It is then
    asked once more, for the first time it may have had to load what it needs.
    """
    said: list[Asked] = []
    start = time.perf_counter()
    for priority, strategy in strategies:
        spent_s = time.perf_counter() - start
        if spent_s > engine.decision_timeout_s:
            why = f"{NOT_ASKED}: the others took longer than {engine.decision_timeout_s:g} s"
            said.append(Asked(answer=_unasked(strategy.name, priority, why), elapsed_ms=-1))
        else:
            said.append(_ask(strategy, priority, found, engine))
    return tuple(said)


def _ask(strategy: Strategy, priority: int, found: Evidence, engine: EngineSettings) -> Asked:
    answer, failure, elapsed_ms = _timed(strategy, found, fail_fast=engine.fail_fast)
    if elapsed_ms > engine.strategy_timeout_ms and failure is None:
        elapsed_ms = min(elapsed_ms, _timed(strategy, found, fail_fast=engine.fail_fast)[2])
    if elapsed_ms > engine.strategy_timeout_ms and failure is None:
        answer, failure = None, f"{TIMED_OUT}: took longer than {engine.strategy_timeout_ms:g} ms"
    said = StrategyAnswer(strategy=strategy.name, priority=priority, answer=answer, failure=failure)
    return Asked(answer=said, elapsed_ms=elapsed_ms)


def _timed(
    strategy: Strategy, found: Evidence, *, fail_fast: bool
) -> tuple[Answer | None, str | None, float]:
    """Return what a strategy says, or how it failed, and how long it took, in ms."""
    start = time.perf_counter()
    answer, failure = None, None
    try:
        answer = strategy.propose(found)
    except STRATEGY_FAILURES as error:
        if fail_fast:
            raise
        failure = f"{type(error).__name__}: {error}"
    return answer, failure, 1000 * (time.perf_counter() - start)


def _why_not(name: str, how: How, circuits: Circuits) -> str | None:
    """Say why a strategy is not asked; None where it is."""
    if how.only and name not in how.only:
        return f"{NOT_ASKED}: only {', '.join(how.only)} was to be asked"
    return circuits.why_not(name)


def _unasked(name: str, priority: int, why: str) -> StrategyAnswer:
    return StrategyAnswer(strategy=name, priority=priority, answer=None, failure=why)


def _in_order(
    answers: Sequence[StrategyAnswer], left_out: Mapping[str, tuple[int, str]]
) -> tuple[StrategyAnswer, ...]:
    """Return the answers with those who were not asked, the highest priority first."""
    unasked = (_unasked(name, priority, why) for name, (priority, why) in left_out.items())
    return tuple(sorted([*answers, *unasked], key=lambda one: (-one.priority, one.strategy)))


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
    found: Evidence,
    answers: tuple[StrategyAnswer, ...],
    reviews: tuple[Review, ...],
    config_sha256: str,
    now: datetime,
) -> Decision:
    content = (found.workflow_id, found.current, found.others, found.explanation, answers, reviews)
    return Decision(
        decision_id=_digest((content, config_sha256, found.seed, __version__)),
        workflow_id=found.workflow_id,
        as_of=found.as_of,
        decided_at=now,
        state=state_of(answers, reviews),
        current=found.current,
        others=found.others,
        explanation=found.explanation,
        answers=answers,
        config_sha256=config_sha256,
        seed=found.seed,
        version=__version__,
        reviews=reviews,
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
