"""Limit the rate of requests where the provider refuses them, or a budget is overspent.

Asks: is the share of requests that were refused for too many of them (HTTP 429) above the target
beyond doubt, or was more spent than a budget or the limit of an hour allows?

Proposes: limits of requests and tokens a minute, at the largest rate that went through without a
refusal, or at what the budget pays for; per tenant where the trace has several. The trace is
replayed through them: how many would wait, how long, and how often the budget would be exceeded.

Stays silent when no request was refused and no budget is exceeded, when too few requests are
known to be sure, or when the trace does not tell which rate went through.

Does not look at other failures, which a limit does not cure, nor at answers that get slower under
load; what would have been waited is replayed, what would have been answered is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.amounts import amount
from optimizer.models.budgets import BudgetState
from optimizer.models.evidence import Evidence
from optimizer.models.limits import Pressure
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.settings import Settings
from optimizer.models.summaries import WindowSummary
from optimizer.replay.limit_settings import LimitSettings
from optimizer.replay.limit_study import HOURLY, LimitStudy, in_use, limit_study, presses
from optimizer.stats.intervals import Interval, clopper_pearson, newcombe, wilson

UNTOLD = "the trace does not tell what would be answered under the limits"


class RateLimitingSettings(LimitSettings):
    """Settings of the `rate_limiting` strategy."""


class RateLimiting:
    """The `rate_limiting` strategy."""

    name: ClassVar[str] = "rate_limiting"
    priority: ClassVar[int] = 80
    settings_type: ClassVar[type[Settings]] = RateLimitingSettings
    study_type: ClassVar[type[LimitStudy]] = LimitStudy

    def __init__(self, settings: RateLimitingSettings) -> None:
        self.settings = settings

    def study(self, evidence: Evidence) -> LimitStudy | None:
        """Measure what went through and replay the limits; None where nothing presses."""
        return limit_study(evidence, self.settings)

    def propose(self, evidence: Evidence) -> Answer:
        """Propose limits where refusals or spending are beyond what is allowed."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        part = in_use(evidence)
        if part is None:
            return Answer(silence=f"not enough data: no request of {current.variant} is known")
        exceeded = [one for one in evidence.budgets if presses(one)]
        study: LimitStudy | None = evidence.studies.get(self.name)
        if study is None:
            return Answer(silence=self._calm(len(part), evidence.budgets))
        refused = self._refused(study.pressure)
        is_refused = refused.low > self.settings.target_error_rate
        overspent = [one for one in study.replay.breaches if one.n_before] if study.replay else []
        if not is_refused and not exceeded and not overspent:
            return Answer(silence=self._unsure(study.pressure, refused))
        if study.requests_per_minute is None and not exceeded and not overspent:
            return Answer(silence=f"{_counted(study.pressure)}, but {study.reason}")
        return Answer(
            proposals=(self._proposal(current, study, refused if is_refused else None, exceeded),)
        )

    def _refused(self, pressed: Pressure) -> Interval:
        level = 2 * self.settings.level - 1
        return clopper_pearson(pressed.n_throttled, pressed.n, level=level)

    def _calm(self, n: int, budgets: tuple[BudgetState, ...]) -> str:
        kept = "no budget is set"
        if budgets:
            kept = f"{len(budgets)} budget{'s are' if len(budgets) > 1 else ' is'} kept"
        return f"0 of {n} requests were refused for too many of them, and {kept}"

    def _unsure(self, pressed: Pressure, refused: Interval) -> str:
        target = self.settings.target_error_rate
        if refused.estimate <= target:
            return f"{_counted(pressed)}, at most {target:.3g} of them are accepted"
        return (
            f"not enough data: {_counted(pressed)}, with {self.settings.level:.0%} confidence at "
            f"least {refused.low:.3g}, at most {target:.3g} is due"
        )

    def _proposal(
        self,
        current: WindowSummary,
        study: LimitStudy,
        refused: Interval | None,
        exceeded: list[BudgetState],
    ) -> Proposal:
        said = [_counted(study.pressure)] if refused else []
        said += [_overspent(one) for one in exceeded]
        said += [
            f"{one.n_before} of {one.n_periods} hours cost more than {one.limit_usd:g} USD"
            for one in (study.replay.breaches if study.replay else ())
            if one.name == HOURLY and one.n_before
        ]
        effect = self._effect(study) if refused else None
        how = f"; {study.reason}" if study.requests_per_minute is not None else ""
        return Proposal(
            strategy=self.name,
            type=DecisionType.ADJUST_RATE_LIMITS,
            changes=tuple(self._changes(study, exceeded)),
            effects=(effect,) if effect else (),
            effects_note=None if effect else self._no_effect(study),
            confidence=None,
            rationale=f"{current.variant}: {', and '.join(said)}{how}.",
            unless=(
                f"at most {self.settings.target_error_rate:.3g} of {study.pressure.n} requests "
                "had been refused and every budget kept"
            ),
            facts=tuple(self._facts(study, refused, exceeded)),
            notes=tuple(self._notes(study)),
        )

    def _changes(self, study: LimitStudy, exceeded: list[BudgetState]) -> Iterator[Change]:
        limits = {
            "requests_per_minute": study.requests_per_minute,
            "tokens_per_minute": study.tokens_per_minute,
        }
        limits |= {f"tenants.{name}.requests_per_minute": rate for name, rate in study.tenants}
        for budget in exceeded:
            scope = f"tenants.{budget.tenant}." if budget.tenant else ""
            name = f"{scope}cost_per_day_usd"
            limits[name] = min(limits.get(name) or math.inf, budget.daily_limit_usd)
        breaches = study.replay.breaches if study.replay else ()
        if any(one.name == HOURLY and one.n_before for one in breaches):
            limits["cost_per_hour_usd"] = self.settings.max_cost_per_hour
        for name, limit in limits.items():
            if limit is not None:
                yield Change(setting=f"limits.{name}", old=None, new=limit)

    def _effect(self, study: LimitStudy) -> Effect | None:
        """Return fewer refusals: busy moments become like calm ones, as far as both were seen."""
        found = study.pressure
        n_busy = found.n - found.n_calm
        if not found.n_calm or not n_busy:
            return None
        answered_busy = n_busy - (found.n_throttled - found.n_calm_throttled)
        answered_calm = found.n_calm - found.n_calm_throttled
        level = self.settings.level
        difference = newcombe(
            wilson(answered_busy, n_busy, level=level),
            wilson(answered_calm, found.n_calm, level=level),
        )
        share = n_busy / found.n
        return Effect(
            metric="success_rate",
            estimate=share * difference.estimate,
            low=share * difference.low,
            high=share * difference.high,
            level=level,
            n=found.n,
            estimator="newcombe, calm against busy minutes, on the busy ones",
        )

    def _no_effect(self, study: LimitStudy) -> str:
        if study.replay is None:
            return f"{UNTOLD}: its requests carry no times of their own"
        if not study.pressure.n_throttled:
            return "what is refused over budget is not answered: no effect on answers was measured"
        return f"{UNTOLD}: no request came in a calm minute"

    def _facts(
        self, study: LimitStudy, refused: Interval | None, exceeded: list[BudgetState]
    ) -> Iterator[Fact]:
        if refused is not None:
            yield Fact(
                name="refused_rate",
                n=refused.n,
                estimate=refused.estimate,
                low=refused.low,
                high=refused.high,
                level=refused.level,
                threshold=self.settings.target_error_rate,
            )
        if study.pressure.sustained is not None:
            one = study.pressure.sustained
            yield Fact(name="sustained requests per minute", n=one.n, estimate=one.per_minute)
        for budget in exceeded:
            yield Fact(
                name=f"spent_usd of budget {budget.name}",
                n=budget.n_priced,
                estimate=budget.spent_usd,
                threshold=budget.daily_limit_usd,
            )
        if study.replay is not None:
            yield study.replay.throttled
            if study.replay.delay_p95_ms is not None:
                yield Fact(
                    name="delay_p95_ms",
                    n=study.replay.n - study.replay.n_refused,
                    estimate=study.replay.delay_p95_ms,
                )

    def _notes(self, study: LimitStudy) -> Iterator[str]:
        settings, replay = self.settings, study.replay
        yield f"Up to {settings.burst_multiplier:g} times a minute's share may be used at once."
        if study.timeout is not None:
            yield (
                f"A timeout of {study.timeout.high:.0f} ms lets "
                f"{settings.timeout_quantile:.3g} of answers through, with {settings.level:.0%} "
                f"confidence ({study.timeout.n} answers)."
            )
        if replay is None:
            return
        yield (
            f"Replayed: {replay.n_delayed} of {replay.n} requests would have waited and "
            f"{replay.n_refused} been refused."
        )
        if replay.fairness is not None:
            yield f"Jain's index of {len(replay.tenants)} tenants is {replay.fairness:.3f}."
        for one in replay.breaches:
            yield (
                f"{one.name}: {one.n_before} of {one.n_periods} periods exceeded "
                f"{one.limit_usd:g} USD in the trace, {one.n_after} would have."
            )


def _overspent(budget: BudgetState) -> str:
    limit = f"of {budget.daily_limit_usd:g} USD a day"
    if budget.is_exceeded:
        return (
            f"budget {budget.name} is exceeded: {amount(budget.spent_usd)} {limit} "
            f"({budget.n_priced} requests of known price)"
        )
    return (
        f"budget {budget.name} will be exceeded: a next day spends at least "
        f"{amount(budget.next_low_usd)} {limit} ({budget.n_days} earlier days)"
    )


def _counted(pressed: Pressure) -> str:
    return f"{pressed.n_throttled} of {pressed.n} requests were refused for too many of them"
