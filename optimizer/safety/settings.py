"""Settings of what keeps a decision safe."""

from __future__ import annotations

from typing import Annotated, Literal

from optimizer.models.change_limits import ChangeLimits
from optimizer.models.reviews import RiskLevel, ViolationSeverity
from optimizer.models.settings import Field, Settings, together

Severity = Literal["info", "warning", "error", "critical"]


class EngineSettings(Settings):
    """How the strategies are asked."""

    strategy_timeout_ms: Annotated[float, Field(gt=0)] = 100.0
    """Longest that a strategy may take, in ms; a slower one is recorded as timed out."""

    decision_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Longest that all strategies together may take, in seconds; the rest is not asked."""

    fail_fast: bool = False
    """Whether a strategy that fails stops the command, as `--fail-fast` does."""


class RiskBands(Settings):
    """From which share of an allowed loss on a change carries a risk."""

    medium: Annotated[float, Field(ge=0)] = 0.5
    """Share of the allowed loss, at the pessimistic end, from which on the risk is medium."""

    high: Annotated[float, Field(ge=0)] = 0.8
    """The same for a high risk."""

    critical: Annotated[float, Field(ge=0)] = 2.0
    """The same for a critical risk; such a change is never applied."""

    unmeasured: RiskLevel = RiskLevel.HIGH
    """Risk of another variant whose quality nobody compared with that of the one in use."""

    @together
    def _rises(self) -> None:
        if not self.medium <= self.high <= self.critical:
            raise ValueError("expected medium <= high <= critical")


class CircuitBreakerSettings(Settings):
    """When a strategy that keeps failing, or keeps doing harm, is no longer asked."""

    failure_threshold: Annotated[int, Field(ge=1)] = 3
    """Failures in a row after which it is not asked."""

    open_duration_s: Annotated[float, Field(gt=0)] = 3600.0
    """For how long, in seconds on the clock of the runs; then it is tried once."""


class SafetySettings(ChangeLimits):
    """What a change may cost, judged on the pessimistic end of its intervals."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Lowest probability that a change is better; what only asks for tests is exempt."""

    max_risk_level: RiskLevel = RiskLevel.MEDIUM
    """Highest risk of a change: `low`, `medium` or `high`; a critical one is never taken."""

    require_approval_for_high_risk: bool = True
    """Whether a change of high risk may wait for somebody's approval; if not, it is held back."""

    max_concurrent_experiments: Annotated[int, Field(ge=0)] = 3
    """Most experiments of a workflow that may be open at a time."""

    min_time_between_changes_s: Annotated[float, Field(ge=0)] = 300.0
    """Least time from a change to the newest run before the next one, in seconds."""

    risk: RiskBands = RiskBands()
    circuit_breaker: CircuitBreakerSettings = CircuitBreakerSettings()

    def reaches_limit(self, risk: RiskLevel) -> bool:
        """Return whether a risk is higher than is allowed."""
        levels = list(RiskLevel)
        return levels.index(risk) > levels.index(self.max_risk_level)


class ValidationSettings(Settings):
    """Which checks a proposal goes through; all that are on are made, whatever the others say."""

    enable_constraint_checking: bool = True
    """Whether the limits of `safety` and the `constraints` are checked."""

    enable_statistical_validation: bool = True
    """Whether confidence, number of observations and improvement are checked."""

    enable_impact_prediction: bool = True
    """Whether effects that nobody measured are pointed out."""

    enable_risk_assessment: bool = True
    """Whether the risk is judged."""


class Objectives(Settings):
    """What an effect is worth where two proposals cannot stand side by side."""

    quality_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Weight of pass rate or score."""

    cost_weight: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Weight of the price of a call."""

    latency_weight: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Weight of the response time."""


class DecisionCriteria(Settings):
    """What a change must have to show for itself."""

    min_improvement: Annotated[float, Field(ge=0)] = 0.05
    """Smallest gain worth a change, in any of quality, price and time, as a share."""

    min_sample_size: Annotated[int, Field(ge=1)] = 100
    """Fewest observations that an effect should rest on."""

    significance_level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """False-alarm rate of the intervals that constraints are held against."""

    severity: Severity = "warning"
    """How grave it is to miss one of the above; `error` holds the change back."""

    objectives: Objectives = Objectives()

    @property
    def grave(self) -> ViolationSeverity:
        """The severity as a number."""
        return ViolationSeverity[self.severity.upper()]


class DecisionSettings(Settings):
    """What a decision is judged by."""

    criteria: DecisionCriteria = DecisionCriteria()
