"""One rule against one value."""

from __future__ import annotations

from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.rules import Outcome, RuleCheck, Unit
from optimizer.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule before it is judged."""

    rule: str
    setting: str
    unit: Unit
    fires_below: bool
    threshold: float
    fires_at_threshold: bool = False

    def skipped(self, note: str) -> RuleCheck:
        """Return the rule as not evaluated."""
        return self._check(outcome=Outcome.NOT_EVALUATED, note=note)

    def judged(
        self, value: float, interval: Interval | None = None, *, n: int | None = None
    ) -> RuleCheck:
        """Return how the rule comes out for a value that was measured on `n` tests."""
        fired = self._beyond(value)
        margin = value - self.threshold if self.fires_below else self.threshold - value
        if interval is None:
            outcome = Outcome.FIRED if fired else Outcome.QUIET
            return self._check(outcome=outcome, value=value, margin=margin, n=n)
        settled = all(self._beyond(bound) == fired for bound in (interval.low, interval.high))
        return self._check(
            outcome=Outcome.FIRED if fired else Outcome.QUIET,
            value=value,
            margin=margin,
            n=n,
            n_effective=interval.n_effective,
            low=interval.low,
            high=interval.high,
            level=interval.level,
            settled=settled,
            note=None if settled else "not enough data: the interval reaches the threshold",
        )

    def _beyond(self, value: float) -> bool:
        if value == self.threshold:
            return self.fires_at_threshold
        return value < self.threshold if self.fires_below else value > self.threshold

    def _check(self, **judgement: Any) -> RuleCheck:
        return RuleCheck(
            rule=self.rule,
            setting=self.setting,
            unit=self.unit,
            fires_below=self.fires_below,
            threshold=self.threshold,
            fires_at_threshold=self.fires_at_threshold,
            **judgement,
        )
