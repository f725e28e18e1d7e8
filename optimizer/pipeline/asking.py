"""Asking the strategies: who is asked, in what order, and what each said or how it failed."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from typing import NamedTuple

from optimizer.config.tree import Config
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import SelectionError
from optimizer.models.evidence import Evidence
from optimizer.models.nearest import meant
from optimizer.models.proposals import NOT_ASKED, TIMED_OUT, Answer, StrategyAnswer
from optimizer.safety.settings import EngineSettings
from optimizer.strategies import STRATEGIES, Strategy

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
                hint=meant(name, known, "See 'optimizer strategies'."),
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


class Asked(NamedTuple):
    """A strategy's answer and how long it took, in ms; below 0 where no time was left to ask."""

    answer: StrategyAnswer
    elapsed_ms: float


def ask(
    strategies: Sequence[tuple[int, Strategy]], found: Evidence, *, engine: EngineSettings
) -> tuple[Asked, ...]:
    """Ask each strategy about one workflow; see `ask_each`."""
    return tuple(ask_each(strategies, [Question(found=found)], engine=engine)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the strategies are asked about, and the names of those that are not asked."""

    found: Evidence
    but: Container[str] = ()


def ask_each(
    strategies: Sequence[tuple[int, Strategy]],
    questions: Sequence[Question],
    *,
    engine: EngineSettings,
) -> list[list[Asked]]:
    """Ask each strategy; one that fails or takes too long says so, and the others go on.

    One strategy is asked about all workflows before the next is, which is faster than workflow by
    workflow: a processor keeps what it did last. The answers are the same.

    A strategy is not interrupted: that it took too long is known when it has answered. It is then
    asked once more, for the first time it may have had to load what it needs.
    """
    said: list[list[Asked]] = [[] for _ in questions]
    spent_s = [0.0] * len(questions)
    why = f"{NOT_ASKED}: the others took longer than {engine.decision_timeout_s:g} s"
    for priority, strategy in strategies:
        name = strategy.name
        for place, question in enumerate(questions):
            if name in question.but:
                continue
            if spent_s[place] > engine.decision_timeout_s:
                said[place].append(Asked(answer=unasked(name, priority, why), elapsed_ms=-1))
                continue
            start = time.perf_counter()
            said[place].append(_ask(strategy, priority, question.found, engine))
            spent_s[place] += time.perf_counter() - start
    return said


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


def unasked(name: str, priority: int, why: str) -> StrategyAnswer:
    """Return the answer of a strategy that was not asked, or could not be."""
    return StrategyAnswer(strategy=name, priority=priority, answer=None, failure=why)


def in_order(answers: Sequence[StrategyAnswer]) -> tuple[StrategyAnswer, ...]:
    """Return answers, the highest priority first."""
    return tuple(sorted(answers, key=lambda one: (-one.priority, one.strategy)))
