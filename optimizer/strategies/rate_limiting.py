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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from optimizer.models.amounts import amount
from optimizer.models.budgets import BudgetState
from optimizer.models.evidence import Evidence
from optimizer.models.limits import (
    Adaptation,
    LimitPlan,
    LimitReplay,
    Load,
    Pressure,
    Quota,
    SpendLimit,
)
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Fact, Proposal
from optimizer.models.settings import Settings
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import Interval, clopper_pearson, mean_interval, newcombe, wilson

if TYPE_CHECKING:
    from optimizer.models.requests import Requests
    from optimizer.replay.pressure import Answered

SECONDS_OF_A_MINUTE = 60.0
SECONDS_OF_AN_HOUR = 3600.0
SECONDS_OF_A_DAY = 86_400.0
MINUTES_OF_A_DAY = 1440.0
SIGNIFICANT = 3
"""Digits of a limit below 1 a minute; a larger one is rounded down to a whole number."""

FEWEST_PRICES = 2
FEWEST_TENANTS = 2
HOURLY = "max_cost_per_hour"
UNTOLD = "the trace does not tell what would be answered under the limits"


class RateLimitingSettings(Settings):
    """Settings of the `rate_limiting` strategy."""

    max_requests_per_second: Annotated[float, Field(gt=0)] = 100.0
    """Most requests a second that are ever proposed or let through."""

    max_tokens_per_minute: Annotated[float, Field(gt=0)] = 100_000.0
    """Most tokens a minute that are ever proposed."""

    max_cost_per_hour: Annotated[float, Field(gt=0)] = 10.0
    """Most that an hour may cost, in USD."""

    burst_multiplier: Annotated[float, Field(ge=1)] = 1.5
    """How many times a minute's share may be used at once."""

    target_error_rate: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Largest acceptable share of requests that are refused for too many of them."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """One-sided confidence with which the target must be missed; also that of the intervals."""

    window_s: Annotated[float, Field(gt=0)] = SECONDS_OF_A_MINUTE
    """Length of the stretch without a refusal that a rate is taken from, in seconds."""

    timeout_quantile: Annotated[float, Field(gt=0.5, lt=1)] = 0.99
    """Quantile of the response time that a timeout is recommended from."""

    adaptive: bool = False
    """Whether limits follow failures and slow answers in replays: less at once, more in time."""

    increase_per_minute: Annotated[float, Field(gt=0)] = 0.1
    """Share of an adaptive limit that a minute without trouble gives back."""

    decrease: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """What is left of an adaptive limit after trouble, as a share."""

    least_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of an adaptive limit that is always left."""

    cooldown_s: Annotated[float, Field(ge=0)] = 1.0
    """Trouble within so many seconds of the last decrease counts as the same."""

    slow_ms: Annotated[float, Field(gt=0)] | None = None
    """An answer that took longer is trouble too, in ms. Default: only failures are."""

    tried_shares: tuple[Annotated[float, Field(gt=0)], ...] = (0.25, 0.5, 0.75, 1.0)
    """Limits that `optimizer replay limits` tries, as shares of the busiest minute."""

    def adaptation(self) -> Adaptation | None:
        """Return how limits follow what comes back, where they do."""
        if not self.adaptive:
            return None
        return Adaptation(
            increase_per_minute=self.increase_per_minute,
            decrease=self.decrease,
            least=self.least_share,
            cooldown_s=self.cooldown_s,
            max_latency_ms=self.slow_ms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStudy:
    """What the trace of the variant in use says about limits.

    Attributes:
        load: How much it asks for.
        pressure: What was refused.
        requests_per_minute: The limit to propose; None where nothing tells it.
        tokens_per_minute: The limit of tokens, likewise.
        tenants: The limit of requests of each tenant, where there are several.
        reason: Where the limit comes from, in words.
        replay: The trace under these limits; None where it has no times of its own.
        timeout: The quantile of the response time that a timeout is recommended from, with its
            upper bound; None where there are too few answers.
    """

    load: Load
    pressure: Pressure
    requests_per_minute: float | None
    tokens_per_minute: float | None
    tenants: tuple[tuple[str, float], ...]
    reason: str
    replay: LimitReplay | None
    timeout: Fact | None


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
        requests = _in_use(evidence)
        if requests is None or evidence.current is None:
            return None
        exceeded = [one for one in evidence.budgets if _presses(one)]
        hourly = self._hourly(requests)
        if not requests.throttled.any() and not exceeded and hourly is None:
            return None
        return self._study(requests, evidence, exceeded, hourly)

    def propose(self, evidence: Evidence) -> Answer:
        """Propose limits where refusals or spending are beyond what is allowed."""
        current = evidence.current
        if current is None or current.n_completed == 0:
            return Answer(silence="no completed task")
        requests = _in_use(evidence)
        if requests is None:
            return Answer(silence=f"not enough data: no request of {current.variant} is known")
        exceeded = [one for one in evidence.budgets if _presses(one)]
        study: LimitStudy | None = evidence.studies.get(self.name)
        if study is None:
            return Answer(silence=self._calm(len(requests), evidence.budgets))
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

    def _hourly(self, requests: Requests) -> SpendLimit | None:
        """Return the limit of an hour where the trace may have spent more."""
        from numpy import nansum  # noqa: PLC0415 - a workflow where nothing ran needs none

        limit = self.settings.max_cost_per_hour
        if not nansum(requests.cost_usd) > limit:
            return None
        return SpendLimit(name=HOURLY, limit_usd=limit, period_s=SECONDS_OF_AN_HOUR)

    def _study(
        self,
        requests: Requests,
        evidence: Evidence,
        exceeded: list[BudgetState],
        hourly: SpendLimit | None,
    ) -> LimitStudy:
        from optimizer.replay.limits import replay_limits  # noqa: PLC0415 - where it presses
        from optimizer.replay.pressure import load, pressure, with_clock  # noqa: PLC0415 - same

        found = load(requests)
        pressed = pressure(requests, _answered(requests, evidence), window_s=self.settings.window_s)
        rate, reason = self._rate(requests, pressed, exceeded)
        tokens = self._tokens(requests, rate, found)
        tenants = self._tenants(requests, rate, found)
        plan = LimitPlan(
            quota=Quota(max_requests_per_minute=rate, max_tokens_per_minute=tokens),
            quotas=tuple(
                (name, Quota(max_requests_per_minute=own, max_tokens_per_minute=tokens))
                for name, own in tenants
            ),
            max_requests_per_second=self.settings.max_requests_per_second,
            burst=self.settings.burst_multiplier,
            spend_limits=tuple(_spend_limits(exceeded, hourly)),
            adaptation=self.settings.adaptation(),
        )
        clocked = with_clock(requests)
        replay = None
        if (clocked.repeat == 0).any():
            replay = replay_limits(clocked, plan, level=self.settings.level)
        return LimitStudy(
            load=found,
            pressure=pressed,
            requests_per_minute=rate,
            tokens_per_minute=tokens,
            tenants=tenants,
            reason=reason,
            replay=replay,
            timeout=timeout_of(requests, self.settings),
        )

    def _rate(
        self, requests: Requests, pressed: Pressure, exceeded: list[BudgetState]
    ) -> tuple[float | None, str]:
        """Return the requests a minute to propose and where they come from."""
        settings = self.settings
        found: list[tuple[float, str]] = []
        if pressed.sustained is not None:
            one = pressed.sustained
            how = (
                f"{one.n} in {one.window_s:g} s went through without a refusal"
                if one.source == "window"
                else f"{one.n} were answered in the {one.window_s:.0f} s of the runs"
            )
            found.append((one.per_minute, how))
        price = self._price(requests)
        for budget in exceeded:
            if price is not None and price.high > 0 and budget.tenant is None:
                paid = budget.daily_limit_usd / (price.high * MINUTES_OF_A_DAY)
                how = (
                    f"budget {budget.name} pays for so many all day long, at up to "
                    f"{amount(price.high)} USD each ({price.n} known prices)"
                )
                found.append((paid, how))
        if not found:
            return None, (
                "no stretch of "
                f"{settings.window_s:g} s without a refusal and no length of a run is known"
            )
        rate, how = min(found)
        return _rounded(min(rate, settings.max_requests_per_second * SECONDS_OF_A_MINUTE)), how

    def _price(self, requests: Requests) -> Interval | None:
        """Return the mean price of a request with its interval, where there are prices enough."""
        import numpy as np  # noqa: PLC0415 - as above

        known = requests.cost_usd[~np.isnan(requests.cost_usd)]
        if len(known) < FEWEST_PRICES:
            return None
        return mean_interval(
            float(known.mean()), float(known.std(ddof=1)), len(known), level=self.settings.level
        )

    def _tokens(self, requests: Requests, rate: float | None, found: Load) -> float | None:
        """Return the tokens a minute to propose: those of so many requests, at most the setting.

        The largest request still fits into a burst, where the setting allows it.
        """
        if rate is None or found.tokens_mean is None:
            return None
        from numpy import nanmax  # noqa: PLC0415 - a workflow where nothing ran needs none

        largest = float(nanmax(requests.tokens_in + requests.tokens_out))
        wanted = max(rate * found.tokens_mean, math.ceil(largest / self.settings.burst_multiplier))
        return _rounded(min(wanted, self.settings.max_tokens_per_minute)) or None

    def _tenants(
        self, requests: Requests, rate: float | None, found: Load
    ) -> tuple[tuple[str, float], ...]:
        """Return the max-min fair part of each tenant in the limit, by what it asks for."""
        from optimizer.stats.fairness import max_min_shares  # noqa: PLC0415 - few have tenants

        if rate is None or len(requests.tenants) < FEWEST_TENANTS or not found.span_s:
            return ()
        minutes = found.span_s / SECONDS_OF_A_MINUTE
        counts = [int((requests.tenant == code).sum()) for code in range(len(requests.tenants))]
        asking = [code for code, n in enumerate(counts) if n]
        if len(asking) < FEWEST_TENANTS:
            return ()
        shares = max_min_shares([counts[code] / minutes for code in asking], rate)
        return tuple(
            (requests.tenants[code], _rounded(share))
            for code, share in zip(asking, shares, strict=True)
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


def timeout_of(requests: Requests, settings: RateLimitingSettings) -> Fact | None:
    """Return the quantile of answered requests with its one-sided upper bound, if it has one.

    Its threshold is which quantile it is.
    """
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    is_answered = ~requests.failed & ~np.isnan(requests.latency_ms)
    known = requests.latency_ms[is_answered]
    q, level = settings.timeout_quantile, settings.level
    if q ** len(known) > 1 - level:
        return None
    from optimizer.stats.tails import quantile_interval  # noqa: PLC0415 - few have enough

    bound = quantile_interval(known, q, level=2 * level - 1)
    return Fact(
        name="latency_ms",
        n=bound.n,
        estimate=bound.estimate,
        high=bound.high,
        level=level,
        threshold=q,
    )


def _in_use(evidence: Evidence) -> Requests | None:
    """Return the requests of the variant in use, or None where none are known."""
    from optimizer.replay.selection import of_variant  # noqa: PLC0415 - few have requests

    if evidence.requests is None or evidence.current is None:
        return None
    return of_variant(evidence.requests, evidence.current.variant_id)


def _answered(requests: Requests, evidence: Evidence) -> list[Answered]:
    """Return what was answered in runs whose length is known and which are in the trace whole."""
    from optimizer.replay.pressure import Answered  # noqa: PLC0415 - where it presses

    current = evidence.current
    own_runs = {
        p.run_id: p for p in evidence.runs if current and p.variant_id == current.variant_id
    }
    found = []
    for code, run_id in enumerate(requests.runs):
        point, own = own_runs.get(run_id), requests.segment == code
        if point is None:
            continue
        duration_s = (point.finished_at - point.started_at).total_seconds()
        if int(own.sum()) == point.n and duration_s > 0:
            n = int((own & ~requests.throttled).sum())
            found.append(Answered(n=n, duration_s=duration_s))
    return found


def _spend_limits(exceeded: list[BudgetState], hourly: SpendLimit | None) -> Iterator[SpendLimit]:
    for one in exceeded:
        yield SpendLimit(
            name=one.name,
            limit_usd=one.daily_limit_usd,
            period_s=SECONDS_OF_A_DAY,
            tenant=one.tenant,
        )
    if hourly is not None:
        yield hourly


def _presses(budget: BudgetState) -> bool:
    return budget.is_exceeded or budget.will_be_exceeded


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


def _rounded(limit: float) -> float:
    """Return a limit rounded down, so that it allows no more than was measured."""
    if limit >= 1:
        return float(math.floor(limit))
    if limit <= 0:
        return 0.0
    scale = 10.0 ** (SIGNIFICANT - 1 - math.floor(math.log10(limit)))
    return math.floor(limit * scale) / scale
