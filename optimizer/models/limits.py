"""Limits on requests and spending, and what a replay of a trace through them gives."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Fact


class Priority(IntEnum):
    """How urgent a request is."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one tenant may use; None is without a limit.

    Attributes:
        max_requests_per_minute: Requests in the long run.
        max_tokens_per_minute: Tokens of prompts and answers in the long run.
        max_cost_per_day: Price of a day's requests, in USD.
    """

    max_requests_per_minute: float | None = None
    max_tokens_per_minute: float | None = None
    max_cost_per_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLimit:
    """A sum that may be spent in each period of a length.

    Attributes:
        name: What it is called.
        limit_usd: The sum.
        period_s: The length, in seconds; periods are counted from the first request.
        tenant: Whose requests are counted; None: everybody's.
    """

    name: str
    limit_usd: float
    period_s: float
    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """How a limit follows what comes back: additive increase, multiplicative decrease.

    Attributes:
        increase_per_minute: Share of the limit that a minute without trouble gives back.
        decrease: What is left of the rate after trouble, as a share.
        least: Share of the limit that is always left.
        cooldown_s: Trouble within this time of the last decrease counts as the same.
        max_latency_ms: An answer that took longer is trouble as well; None: only failures are.
    """

    increase_per_minute: float
    decrease: float
    least: float
    cooldown_s: float
    max_latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPlan:
    """Limits that a trace is replayed through.

    Attributes:
        quota: What a tenant may use that is not named in `quotas`.
        quotas: Tenants with a quota of their own, by name.
        max_requests_per_second: Of a tenant, beside its quota; None: without a limit.
        burst: How many times what a minute (a second) gives may be used at once.
        hard: Whether what does not fit is refused at once; else it waits its turn.
        spend_limits: Sums that are never exceeded: a request that does not fit is refused.
        adaptation: How the rates follow failures and slow answers; None: they stay.
    """

    quota: Quota = Quota()
    quotas: tuple[tuple[str, Quota], ...] = ()
    max_requests_per_second: float | None = None
    burst: float = 1.0
    hard: bool = False
    spend_limits: tuple[SpendLimit, ...] = ()
    adaptation: Adaptation | None = None


class Refusal(StrEnum):
    """Why a request was not let through."""

    TOO_LARGE = "too_large"
    """It needs more tokens than the largest burst holds: no waiting helps."""

    QUOTA = "quota"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantShare:
    """How one tenant fared.

    Attributes:
        tenant: Its name; None: none was recorded.
        n: Its requests.
        n_delayed: Those that had to wait.
        n_refused: Those that were refused.
        on_time: Share that was let through at once, 0 to 1.
        delay_mean_ms: Mean wait of those let through; None where none was.
        cost_usd: Price of those let through, as far as known.
    """

    tenant: str | None
    n: int
    n_delayed: int
    n_refused: int
    on_time: float
    delay_mean_ms: float | None
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaches:
    """What a spending limit came to.

    Attributes:
        name: The limit.
        limit_usd: The sum that may be spent in a period.
        n_periods: Periods in which anything of a known price was asked for.
        n_before: Those in which the trace spent more.
        n_after: Those in which it would have, under the limit: always 0.
        most_before_usd: The most that a period of the trace spent.
        most_after_usd: The most that a period would have spent.
    """

    name: str
    limit_usd: float
    n_periods: int
    n_before: int
    n_after: int
    most_before_usd: float
    most_after_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReplay:
    """A trace replayed through limits.

    Attributes:
        plan: The limits.
        n: Requests that were replayed.
        n_delayed: Those that had to wait.
        n_refused: Those that were refused, for any of the reasons.
        n_too_large: Those that no waiting would have let through.
        n_over_budget: Those that did not fit into a spending limit.
        n_unknown_tokens: Those of which the tokens are unknown: they use none.
        n_unpriced: Those of which the price is unknown: they spend nothing.
        throttled: Share that had to wait or was refused, with Wilson's interval.
        delay_p50_ms: Median wait of those let through; None where none was.
        delay_p95_ms: Their 95th percentile.
        delay_p99_ms: Their 99th percentile.
        delay_max_ms: Their longest.
        fairness: Jain's index of the tenants' shares on time, above 0 to 1; None of one tenant.
        tenants: Each tenant, by name.
        breaches: Each spending limit.
    """

    plan: LimitPlan
    n: int
    n_delayed: int
    n_refused: int
    n_too_large: int
    n_over_budget: int
    n_unknown_tokens: int
    n_unpriced: int
    throttled: Fact
    delay_p50_ms: float | None
    delay_p95_ms: float | None
    delay_p99_ms: float | None
    delay_max_ms: float | None
    fairness: float | None
    tenants: tuple[TenantShare, ...]
    breaches: tuple[Breaches, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much a trace asked for.

    Attributes:
        n: Requests.
        span_s: Seconds from the first to the last request of each run, added up; 0 where no
            run says when its requests began.
        n_clocked: Requests of the runs that do.
        requests_per_minute: Of those; None where there are none.
        tokens_per_minute: Of those whose tokens are known, likewise.
        peak_requests: Most requests in any minute; None likewise.
        peak_tokens: Most tokens in any minute; None likewise.
        tokens_mean: Mean tokens of a request; None where no request has them.
        cost_mean_usd: Mean price; None where no request has one.
    """

    n: int
    span_s: float
    n_clocked: int
    requests_per_minute: float | None
    tokens_per_minute: float | None
    peak_requests: int | None
    peak_tokens: float | None
    tokens_mean: float | None
    cost_mean_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sustained:
    """A rate that went through.

    Attributes:
        per_minute: Requests a minute.
        n: Requests behind it.
        window_s: Length of the stretch, in seconds.
        source: `window`: the busiest stretch without a refusal; `runs`: what was answered over
            the whole length of runs, where single requests carry no time of their own.
    """

    per_minute: float
    n: int
    window_s: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """How often a provider refused for too many requests, and what it did not refuse.

    Attributes:
        n: Requests.
        n_throttled: Those refused with HTTP 429.
        n_failed: Those that failed for any reason, the refused included.
        longest: Most requests in a row without a refusal.
        sustained: Largest rate that went without one; None where the trace does not tell.
        n_calm: Requests that came while no minute before them was busier than `sustained`.
        n_calm_throttled: Those of them that were refused all the same.
    """

    n: int
    n_throttled: int
    n_failed: int
    longest: int
    sustained: Sustained | None
    n_calm: int
    n_calm_throttled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsReport:
    """What `optimizer replay limits` found.

    Attributes:
        subject: The trace or the workflow.
        n: Requests in it, declared repeats included.
        load: How much it asks for.
        pressure: What its provider refused.
        replay: The trace under the limits that were asked about; None where it has no times.
        tried: The trace under limits at shares of its busiest minute, the smallest first.
        shares: These shares.
        timeout: Quantile of the response time (`threshold` says which) with the upper bound that
            a timeout is recommended from; None where there are too few answers.
        warnings: What a reader should know of the trace.
    """

    subject: str
    n: int
    load: Load
    pressure: Pressure
    replay: LimitReplay | None
    tried: tuple[LimitReplay, ...]
    shares: tuple[float, ...]
    timeout: Fact | None
    warnings: tuple[str, ...] = ()
