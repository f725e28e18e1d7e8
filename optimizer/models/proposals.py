"""What a strategy says: a change, the effects it expects, and the evidence behind them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from optimizer.models.dataclass import dataclass


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
    RUN_TRIALS = "run_trials"
    ALLOCATE_TRAFFIC = "allocate_traffic"
    ROLLBACK = "rollback"
    CIRCUIT_BREAK = "circuit_break"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting of a workflow's configuration moved from one value to another.

    Attributes:
        setting: Its path: `variant`, `model`, `parameters.temperature`, `cache.ttl_s`,
            `limits.requests_per_minute`, `batching.max_wait_ms`.
        old: The value in force; None where there is none.
        new: The value proposed, as a machine takes it.
    """

    setting: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A measured difference, candidate minus baseline, with its interval.

    Attributes:
        metric: Name of the metric, unit included: `success_rate`, `score` (0 to 1);
            `latency_relative`, `cost_relative`, `tokens_relative` (share of what is in use now).
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
class Fact:
    """One measured figure that a proposal rests on.

    Attributes:
        name: What was measured, unit included: `hit_rate`, `latency_ms of fast`.
        n: Number of observations behind it.
        estimate: The figure.
        low: Lower bound of its interval, or None where it has none.
        high: Upper bound, or None.
        level: Confidence level of the interval, or None.
        threshold: What it is held against, or None.
    """

    name: str
    n: int
    estimate: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
    threshold: float | None = None


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
        facts: The figures it rests on.
        notes: What else to know, a sentence each: fallbacks, alternatives, caveats.
    """

    strategy: str
    type: DecisionType
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    effects_note: str | None
    confidence: float | None
    rationale: str
    unless: str
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()


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
        failure: What went wrong in it, or why it was not asked; None where nothing did.
    """

    strategy: str
    priority: int
    answer: Answer | None
    failure: str | None = None


TIMED_OUT = "timed out"
"""How the failure of a strategy begins that took longer than it may."""

NOT_ASKED = "not asked"
"""How the failure of a strategy begins that was not asked, followed by why."""

EXPLORATORY = frozenset(
    {
        DecisionType.START_EXPERIMENT,
        DecisionType.RUN_TRIALS,
        DecisionType.ALLOCATE_TRAFFIC,
        DecisionType.OPTIMIZE_PROMPT,
        DecisionType.ALERT,
    }
)
"""Types that change nothing in force: they ask for tests, or say what is wrong."""
