"""What limits would have done to a trace: who waits, who is refused, what is not overspent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from optimizer.models.limits import (
    Breaches,
    LimitPlan,
    LimitReplay,
    Refusal,
    TenantShare,
)
from optimizer.models.proposals import Fact
from optimizer.replay.limiter import MS_OF_A_SECOND, Passed, pass_through
from optimizer.replay.spending import breaches
from optimizer.stats.intervals import wilson

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

FEWEST_TENANTS = 2
"""One tenant has nobody to share with."""


def replay_limits(requests: Requests, plan: LimitPlan, *, level: float) -> LimitReplay:
    """Replay a trace through limits; declared repeats of tests are left out.

    Buckets start full and queues empty in each run. What a request costs and how many tokens it
    takes is what the trace recorded of it: a limiter that has to guess does worse.

    Args:
        requests: The trace.
        plan: The limits.
        level: Confidence level of the interval of the throttled share, 0 to 1.

    Raises:
        ValueError: There is no request.
    """
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    passed = pass_through(requests, plan)
    places = passed.places
    if not places:
        raise ValueError("requests: found none, expected at least one")
    at_s, cost = requests.at_s[places], requests.cost_usd[places]
    delays_ms = MS_OF_A_SECOND * (np.array(passed.sent_s) - at_s)
    sent = delays_ms[~np.isnan(delays_ms)]
    n_delayed = int((sent > 0).sum())
    n_refused = len(places) - len(sent)
    share = wilson(n_delayed + n_refused, len(places), level=level)
    quantiles = np.percentile(sent, (50, 95, 99)).tolist() if len(sent) else (None, None, None)
    tenants = tuple(_tenants(requests, passed, delays_ms.tolist()))
    tokens = requests.tokens_in[places] + requests.tokens_out[places]
    return LimitReplay(
        plan=plan,
        n=len(places),
        n_delayed=n_delayed,
        n_refused=n_refused,
        n_too_large=passed.refused.count(Refusal.TOO_LARGE),
        n_over_budget=passed.refused.count(Refusal.BUDGET),
        n_unknown_tokens=int(np.isnan(tokens).sum()),
        n_unpriced=int(np.isnan(cost).sum()),
        throttled=Fact(
            name="throttled_share",
            n=share.n,
            estimate=share.estimate,
            low=share.low,
            high=share.high,
            level=level,
        ),
        delay_p50_ms=quantiles[0],
        delay_p95_ms=quantiles[1],
        delay_p99_ms=quantiles[2],
        delay_max_ms=float(sent.max()) if len(sent) else None,
        fairness=_fairness(tenants),
        tenants=tenants,
        breaches=tuple(_breaches(requests, passed)),
    )


def _tenants(
    requests: Requests, passed: Passed, delays_ms: Sequence[float]
) -> Iterator[TenantShare]:
    codes = requests.tenant[passed.places].tolist()
    costs = requests.cost_usd[passed.places].tolist()
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for k, code in enumerate(codes):
        by_tenant[code].append(k)
    for code, own in sorted(by_tenant.items()):
        sent = [k for k in own if passed.refused[k] is None]
        waits = [delays_ms[k] for k in sent]
        n_delayed = sum(wait > 0 for wait in waits)
        yield TenantShare(
            tenant=requests.tenants[code] if code >= 0 else None,
            n=len(own),
            n_delayed=n_delayed,
            n_refused=len(own) - len(sent),
            on_time=(len(sent) - n_delayed) / len(own),
            delay_mean_ms=math.fsum(waits) / len(waits) if waits else None,
            cost_usd=math.fsum(costs[k] for k in sent if not math.isnan(costs[k])),
        )


def _fairness(tenants: Sequence[TenantShare]) -> float | None:
    """Return Jain's index of what the tenants got on time of what they asked for."""
    from optimizer.stats.fairness import jain  # noqa: PLC0415 - most traces have one tenant

    if len(tenants) < FEWEST_TENANTS:
        return None
    found = jain([one.on_time for one in tenants])
    return None if math.isnan(found) else found


def _breaches(requests: Requests, passed: Passed) -> Iterator[Breaches]:
    at_s = requests.at_s[passed.places].tolist()
    costs = requests.cost_usd[passed.places].tolist()
    codes = requests.tenant[passed.places].tolist()
    for code, ledger in passed.ledgers:
        asked = (
            (at, cost)
            for at, cost, tenant in zip(at_s, costs, codes, strict=True)
            if code in (None, tenant) and not math.isnan(cost)
        )
        yield breaches(ledger.limit, asked, ledger)
