"""What a strategy says: a change, the effects it expects, and the evidence behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DecisionType(StrEnum):
    """What kind of change is meant."""

    MODEL_SWITCH = "model_switch"
    PARAMETER_ADJUSTMENT = "parameter_adjustment"
    PROMPT_VARIANT = "prompt_variant"
    OPTIMIZE_PROMPT = "optimize_prompt"
    START_EXPERIMENT = "start_experiment"
    CONCLUDE_EXPERIMENT = "conclude_experiment"
    ENABLE_CACHING = "enable_caching"
    ENABLE_BATCHING = "enable_batching"
    ADJUST_RATE_LIMITS = "adjust_rate_limits"
    ROLLBACK = "rollback"
    CIRCUIT_BREAK = "circuit_break"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting moved from one value to another."""

    setting: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A measured difference, candidate minus baseline, with its interval.

    Attributes:
        metric: Name of the metric, unit included: `success_rate`, `latency_ms`, `cost_usd`.
        estimate: Candidate minus baseline.
        low: Lower bound of the interval.
        high: Upper bound of the interval.
        level: Confidence level of the interval, 0 to 1.
        n: Number of observations behind the estimate (pairs, where paired).
        estimator: Name of the method: `newcombe`.
    """

    metric: str
    estimate: float
    low: float
    high: float
    level: float
    n: int
    estimator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change one strategy would make, and why.

    Attributes:
        strategy: Who proposes.
        type: What kind of change.
        changes: What would change; empty for an alert.
        effects: What is expected of it, as far as it was measured.
        effects_note: Why an effect is absent, or None where all are there.
        confidence: Posterior probability that the proposal is better, or None where no test
            compares the two.
        rationale: One sentence of facts with the counts in it.
        unless: What would have kept the strategy silent.
    """

    strategy: str
    type: DecisionType
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    effects_note: str | None
    confidence: float | None
    rationale: str
    unless: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a strategy says when asked.

    Attributes:
        proposals: What it would change.
        silence: Why it proposes nothing; None where it proposes something.
    """

    proposals: tuple[Proposal, ...] = ()
    silence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyAnswer:
    """One strategy's answer as it stands in a decision.

    Attributes:
        strategy: Name of the strategy.
        priority: Its rank; higher is asked first.
        answer: What it said; None where it failed.
        failure: What went wrong in it; None where nothing did.
    """

    strategy: str
    priority: int
    answer: Answer | None
    failure: str | None = None
