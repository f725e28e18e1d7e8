"""How times and scores spread over the tests of a run, as charts."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.rules import Unit
from optimizer.models.summaries import Spread
from reports.drawings import Counts, Distribution
from reports.formatting import count, duration, figure, plural

LATENCY = "latency"
NOUNS = {LATENCY: "time"}


def spread_chart(
    one: Spread, labels: Sequence[str], n_completed: int, places: Sequence[int]
) -> Distribution:
    """Draw how a metric spreads over the tests of some variants of a run.

    Args:
        one: How it spreads over those of all.
        labels: The variants.
        n_completed: Completed tests of all.
        places: Places of those that are drawn.
    """
    is_log = one.metric == LATENCY
    n = sum(map(sum, one.counts))
    shown = duration if is_log else figure
    unknown = n_completed - n
    left_out = f"; {count(unknown)} without a known {NOUNS.get(one.metric, one.metric)}"
    return Distribution(
        title=f"{one.metric.capitalize()} of each test" + (left_out if unknown > 0 else ""),
        description=f"{plural(n, 'test')} from {shown(one.least)} to {shown(one.most)}",
        unit=Unit.MS if is_log else None,
        edges=_edges(one, is_log=is_log),
        series=tuple(Counts(labels[place], one.counts[place]) for place in places),
        is_log=is_log,
    )


def _edges(one: Spread, *, is_log: bool) -> tuple[float, ...]:
    shares = [i / one.n_bins for i in range(one.n_bins + 1)]
    if is_log:
        return tuple(one.least * (one.most / one.least) ** share for share in shares)
    return tuple(one.least + (one.most - one.least) * share for share in shares)
