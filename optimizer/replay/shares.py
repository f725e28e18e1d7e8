"""Shares of a replay with intervals that allow for hits depending on each other.

Whether a request is a hit depends on those before it, so requests are no independent draws. They
are taken together in parts: the runs where there are enough of them, else equally many requests
in a row. The share is a ratio of two sums over parts, with Fieller's interval over the parts
(batch means: Schmeiser 1982, Operations Research 30, 556-568).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.models.caching import Share
from optimizer.models.dataclass import dataclass
from optimizer.stats.intervals import wilson
from optimizer.stats.ratios import fieller

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Parts of a trace, which are taken for independent of each other.

    Attributes:
        label: The part of each request, from 0.
        n: How many there are.
        estimator: What an interval over them is called.
    """

    label: NDArray[np.int64]
    n: int
    estimator: str


def parts_of(segment: NDArray[np.int64], n_parts: int) -> Parts:
    """Return the runs as parts where there are so many, else stretches of equal length."""
    runs, label = np.unique(segment, return_inverse=True)
    if len(runs) >= n_parts:
        return Parts(label=label, n=len(runs), estimator=f"batch means, {len(runs)} runs")
    n = min(n_parts, len(segment))
    stretches = np.arange(len(segment)) * n // max(len(segment), 1)
    return Parts(label=stretches, n=n, estimator=f"batch means, {n} stretches of time")


def rate(hits: NDArray[np.bool_], parts: Parts, *, level: float) -> Share:
    """Return the share of requests that are hits; by Wilson where all are alike."""
    n, n_hits = len(hits), int(hits.sum())
    if n_hits in (0, n) or parts.n == 1:
        return wilson_share(n_hits, n, level=level)
    return share(hits.astype(np.float64), np.ones(n), parts, level=level)


def saved(amounts: Floats, hits: NDArray[np.bool_], parts: Parts, *, level: float) -> Share | None:
    """Return the share of a known total that falls on hits; None without hits or a total."""
    known = np.isfinite(amounts)
    totals = np.where(known, amounts, 0.0)
    if not (hits & (totals > 0)).any():
        return None
    return replace(share(totals * hits, totals, parts, level=level), n=int(known.sum()))


def change(served: Floats, own: Floats, parts: Parts, *, level: float) -> Share | None:
    """Return the mean of what is served less that of what was; None where nothing has both."""
    known = np.isfinite(served) & np.isfinite(own)
    if not known.any():
        return None
    differences = np.where(known, served - own, 0.0)
    if not differences.any():
        most = wilson_share(0, int(known.sum()), level=level)
        return replace(most, low=-most.high, estimator="wilson, none changed")
    found = share(differences, known.astype(np.float64), parts, level=level, least=-1.0)
    return replace(found, n=int(known.sum()))


def wilson_share(n_yes: int, n: int, *, level: float) -> Share:
    """Return a share by Wilson's interval."""
    found = wilson(n_yes, n, level=level)
    return Share(
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        level=level,
        n=n,
        estimator="wilson",
    )


def share(part: Floats, whole: Floats, parts: Parts, *, level: float, least: float = 0.0) -> Share:
    """Return the ratio of two totals, with its interval over the parts.

    Args:
        part: What is counted, by request.
        whole: Of what, by request.
        parts: What is taken for independent.
        level: Confidence level of the interval.
        least: The least that the ratio can be; the most is 1.
    """
    above = np.bincount(parts.label, weights=part, minlength=parts.n)
    below = np.bincount(parts.label, weights=whole, minlength=parts.n)
    estimate = float(above.sum() / below.sum())
    low, high = least, 1.0
    if parts.n > 1:
        bounds = fieller(below, above, level=level, with_test=False)
        low, high = max(bounds.low, least), min(bounds.high, 1.0)
    return Share(
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        level=level,
        n=len(part),
        estimator=parts.estimator,
    )
