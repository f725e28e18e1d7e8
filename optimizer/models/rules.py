"""How a rule came out: its value, its threshold, and whether the data settle it."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass


class Unit(StrEnum):
    """What a number counts."""

    POINTS = "points"
    COUNT = "count"
    RATE = "rate"
    MS = "ms"
    USD = "usd"
    TOKENS = "tokens"


class Outcome(StrEnum):
    """What became of a rule."""

    FIRED = "fired"
    QUIET = "quiet"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """One rule, judged.

    Attributes:
        rule: Name of the quantity: `success_rate`.
        setting: Name of the threshold: `min_success_rate`.
        unit: Unit of value, threshold, margin and bounds.
        fires_below: True where the rule fires below its threshold, False where above it.
        threshold: The bound.
        fires_at_threshold: Whether a value at the bound fires already.
        outcome: Whether it fired.
        value: What was measured, or None where the rule was not evaluated.
        margin: Distance to the threshold, positive on the good side; None as `value`.
        n: Number of observations behind the value, or None where it is not a sample.
        n_effective: How many independent observations the interval counts, where repeats of a
            case made them fewer than n; None where there is no interval.
        low: Lower bound of the value's interval, or None where there is none.
        high: Upper bound of the value's interval, or None where there is none.
        level: Confidence level of the interval, 0 to 1, or None.
        settled: Whether the whole interval lies on the side of the value; None without one.
        note: Why it was not evaluated, or what to bear in mind.
    """

    rule: str
    setting: str
    unit: Unit
    fires_below: bool
    threshold: float
    outcome: Outcome
    value: float | None = None
    margin: float | None = None
    n: int | None = None
    n_effective: float | None = None
    fires_at_threshold: bool = False
    low: float | None = None
    high: float | None = None
    level: float | None = None
    settled: bool | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyChoice:
    """Which way to rewrite the prompt, and why.

    Attributes:
        strategy: Name of the choice: `clarity_focus`.
        reason: The fact that decided.
        runner_up: The strategy that would also fit, or None.
        runner_up_reason: Why it would.
        rival_causes: What else could explain the same figures.
    """

    strategy: str
    reason: str
    runner_up: str | None = None
    runner_up_reason: str | None = None
    rival_causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a prompt should or should not be optimized.

    Attributes:
        should_optimize: The published answer: whether any rule fired.
        checks: Every rule, in the order they are judged.
        choice: Which way to rewrite; None without a static analysis.
        advice: Further facts that do not change the answer.
    """

    should_optimize: bool
    checks: tuple[RuleCheck, ...]
    choice: StrategyChoice | None = None
    advice: tuple[str, ...] = ()


class GateStatus(StrEnum):
    """What a gate says."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """One rule as a gate sees it.

    Attributes:
        check: The rule, and how it came out.
        status: What the gate makes of it.
    """

    check: RuleCheck
    status: GateStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Whether a run may ship, by absolute thresholds.

    Attributes:
        run_id: The run.
        workflow_id: Its workflow.
        status: The worst of the checks.
        checks: The rules that were judged.
        not_evaluated: The rules that could not be, each with its note.
        strict: Whether the published boolean decided instead of the intervals.
        baseline_note: What is not judged for want of a baseline.
        variant: Label of the variant that was judged; None for the run as a whole.
        warnings: What a reader should know of how the run was read.
    """

    run_id: str
    workflow_id: str
    status: GateStatus
    checks: tuple[GateCheck, ...]
    not_evaluated: tuple[RuleCheck, ...]
    strict: bool
    baseline_note: str
    variant: str | None = None
    warnings: tuple[str, ...] = ()
