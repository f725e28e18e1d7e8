"""Go back to the last variant that met the thresholds when the current one breaks them.

Asks: does the current variant, over its newest runs, break a threshold on pass rate, errors, slow
calls, score or price?

Proposes: a rollback to the most recently run other variant that meets all of them, with the
difference in pass rate and its interval; an alert where there is none.

Stays silent when nothing completed, when every threshold is met, or when one is missed but the
exact one-sided bound still reaches it: one failure of three tests is too little to act on.

Does not look at drift, nor at whether another variant is better within the thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Proposal
from optimizer.models.settings import Settings
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import Interval, clopper_pearson, mean_interval, newcombe, wilson

SLOW_SHARE = 0.05
"""A 95th percentile is beyond a limit exactly when more than this share is."""


class Response(StrEnum):
    """What to do about a broken threshold."""

    ROLLBACK = "rollback"
    ALERT = "alert"


class ThresholdBasedSettings(Settings):
    """Settings of the `threshold_based` strategy."""

    min_success_rate: Annotated[float, Field(ge=0, le=1)] = 0.95
    """Lowest pass rate that is acceptable."""

    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Highest acceptable share of tasks that errored or timed out."""

    max_latency_p95: Annotated[float, Field(gt=0)] = 5000.0
    """Highest acceptable 95th percentile of the response time, in ms."""

    min_quality_score: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Lowest acceptable mean score, where tasks are scored."""

    max_cost_per_request: Annotated[float, Field(ge=0)] = 0.5
    """Highest acceptable mean price of a call, in USD."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """One-sided confidence with which a threshold must be broken."""

    on_threshold_violation: Response = Response.ROLLBACK
    """What is proposed when a threshold is broken: `rollback` or `alert`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One threshold held against one measured figure."""

    text: str
    missed: bool
    broken: bool


class ThresholdBased:
    """The `threshold_based` strategy."""

    name: ClassVar[str] = "threshold_based"
    priority: ClassVar[int] = 200
    settings_type: ClassVar[type[Settings]] = ThresholdBasedSettings

    def __init__(self, settings: ThresholdBasedSettings) -> None:
        self.settings = settings

    def propose(self, evidence: Evidence) -> Answer:
        """Propose a rollback or an alert where a threshold is broken beyond doubt."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        readings = self._readings(current)
        broken = [reading.text for reading in readings if reading.broken]
        if not broken:
            missed = [reading.text for reading in readings if reading.missed]
            if missed:
                return Answer(silence=f"not enough data: {'; '.join(missed)}")
            return Answer(silence=f"all thresholds are met on {current.n_completed} tasks")
        sound = [window for window in evidence.others if self._is_sound(window)]
        if sound and self.settings.on_threshold_violation is Response.ROLLBACK:
            return Answer(proposals=(self._rollback(current, sound[0], broken),))
        return Answer(proposals=(self._alert(current, bool(sound), broken),))

    def _is_sound(self, window: WindowSummary) -> bool:
        is_judged = window.n_completed > 0 and not window.n_unjudged
        return is_judged and not any(r.missed for r in self._readings(window))

    def _readings(self, window: WindowSummary) -> list[_Reading]:
        """Hold every threshold that can be judged against the window."""
        settings, n, m = self.settings, window.n_completed, window.n_effective
        n_bad = window.n_error + window.n_timeout
        readings = [
            self._at_most(
                f"{n_bad} of {n} tasks errored or timed out",
                self._rate(n_bad, n, m),
                settings.max_error_rate,
            )
        ]
        if not window.n_unjudged:
            passed = self._at_least(
                f"{window.n_succeeded} of {n} tasks passed",
                self._rate(window.n_succeeded, n, m),
                settings.min_success_rate,
            )
            readings.insert(0, passed)
        if window.n_latency:
            readings.append(
                self._at_most(
                    f"{window.n_slow} of {window.n_latency} calls took longer than "
                    f"{settings.max_latency_p95:g} ms",
                    self._rate(window.n_slow, window.n_latency, _at_most_of(m, window.n_latency)),
                    SLOW_SHARE,
                )
            )
        score = self._mean(window.score_mean, window.score_sd, window.n_scored, window.n_cases)
        if score is not None:
            readings.append(
                self._at_least(
                    f"mean score {score.estimate:.3f} of {score.n} tasks",
                    score,
                    settings.min_quality_score,
                )
            )
        cost = self._mean(window.cost_mean_usd, window.cost_sd_usd, window.n_cost, window.n_cases)
        if cost is not None:
            readings.append(
                self._at_most(
                    f"{cost.estimate:.4g} USD per call over {cost.n} calls",
                    cost,
                    settings.max_cost_per_request,
                )
            )
        return readings

    def _rate(self, successes: int, n: int, n_effective: float | None) -> Interval:
        level = 2 * self.settings.level - 1
        return clopper_pearson(successes, n, level=level, n_effective=n_effective)

    def _mean(self, mean: float | None, sd: float | None, n: int, n_cases: int) -> Interval | None:
        """Return the interval of a mean as if no case had been repeated, or None of too few."""
        n = min(n, n_cases)
        if mean is None or sd is None or n < 2:  # noqa: PLR2004 - one case has no spread
            return None
        return mean_interval(mean, sd, n, level=2 * self.settings.level - 1)

    @property
    def _sure(self) -> str:
        return f"with {self.settings.level:.0%} confidence"

    def _at_least(self, fact: str, interval: Interval, bound: float) -> _Reading:
        return _Reading(
            text=f"{fact} ({self._sure} at most {interval.high:.3g}, at least {bound:g} is due)",
            missed=interval.estimate < bound,
            broken=interval.high < bound,
        )

    def _at_most(self, fact: str, interval: Interval, bound: float) -> _Reading:
        return _Reading(
            text=f"{fact} ({self._sure} at least {interval.low:.3g}, at most {bound:g} is due)",
            missed=interval.estimate > bound,
            broken=interval.low > bound,
        )

    def _rollback(
        self, current: WindowSummary, target: WindowSummary, broken: list[str]
    ) -> Proposal:
        before, after = (
            wilson(
                w.n_succeeded, w.n_completed, level=self.settings.level, n_effective=w.n_effective
            )
            for w in (current, target)
        )
        difference = newcombe(before, after)
        effect = Effect(
            metric="success_rate",
            estimate=difference.estimate,
            low=difference.low,
            high=difference.high,
            level=difference.level,
            n=difference.n_first + difference.n_second,
            estimator="newcombe, unpaired",
        )
        return Proposal(
            strategy=self.name,
            type=DecisionType.ROLLBACK,
            changes=(Change(setting="variant", old=current.variant, new=target.variant),),
            effects=(effect,),
            effects_note="time and price are not compared here",
            confidence=None,
            rationale=(
                f"{current.variant}: {'; '.join(broken)}. {target.variant} met every threshold "
                f"with {target.n_succeeded} of {target.n_completed} tasks passed."
            ),
            unless=f"the interval of every threshold of {current.variant} had reached it",
        )

    def _alert(self, current: WindowSummary, has_target: bool, broken: list[str]) -> Proposal:
        why = "" if has_target else " No other variant meets every threshold."
        return Proposal(
            strategy=self.name,
            type=DecisionType.ALERT,
            changes=(),
            effects=(),
            effects_note="an alert changes nothing",
            confidence=None,
            rationale=f"{current.variant}: {'; '.join(broken)}.{why}",
            unless=f"the interval of every threshold of {current.variant} had reached it",
        )


def _at_most_of(n_effective: float | None, n: int) -> float | None:
    return None if n_effective is None else min(n_effective, float(n))
