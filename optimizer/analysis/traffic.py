"""The shape of the traffic: rate, peak, bursts, hours of the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.models.requests import Requests
from optimizer.models.traffic import TrafficShape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_SECONDS = 10
"""Of a trace before its evenness can be told."""

MOST_SECONDS = 1_000_000
"""Empty seconds of a run that are counted: some eleven days."""

HOUR_S = 3600
HOURS = 24


def traffic(requests: Requests) -> TrafficShape:
    """Return how requests arrive; declared repeats of a case are no traffic."""
    is_traffic = requests.repeat == 0
    at_s, segment = requests.at_s[is_traffic], requests.segment[is_traffic]
    counts, busy_s = _counts_per_second(at_s, segment)
    n_runs = len(set(segment.tolist()))
    n_intervals = len(at_s) - n_runs
    return TrafficShape(
        n=len(at_s),
        n_runs=n_runs,
        busy_s=busy_s,
        rate_per_s=n_intervals / busy_s if busy_s > 0 else None,
        peak_per_s=int(counts.max(initial=0)),
        dispersion=_dispersion(counts),
        by_hour=_by_hour(at_s, requests.first_at),
    )


def _by_hour(at_s: NDArray[np.float64], first_at: datetime | None) -> tuple[float, ...] | None:
    import numpy as np  # noqa: PLC0415 - as above

    if first_at is None or not len(at_s):
        return None
    midnight = first_at.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = ((first_at - midnight).total_seconds() + at_s) // HOUR_S
    counts = np.bincount(hours.astype(np.int64) % HOURS, minlength=HOURS)
    return tuple((counts / len(at_s)).tolist())


def _counts_per_second(
    at_s: NDArray[np.float64], segment: NDArray[np.int64]
) -> tuple[NDArray[np.int64], float]:
    """Return the requests of each second of each run, and how long the runs took together."""
    import numpy as np  # noqa: PLC0415 - as above

    if not len(at_s):
        return np.zeros(0, dtype=np.int64), 0.0
    n_codes = int(segment.max()) + 1
    first, last = np.full(n_codes, np.inf), np.full(n_codes, -np.inf)
    np.minimum.at(first, segment, at_s)
    np.maximum.at(last, segment, at_s)
    took = (last - first)[last >= first]
    busy_s, longest = sum(took.tolist()), float(took.max())
    if longest >= MOST_SECONDS:
        return np.concatenate(list(_counts_by_run(at_s, segment))), busy_s
    n_seconds = np.where(last >= first, last - first, -1.0).astype(np.int64) + 1
    begins = np.cumsum(n_seconds) - n_seconds
    seconds = (at_s - first[segment]).astype(np.int64) + begins[segment]
    return np.bincount(seconds, minlength=int(n_seconds.sum())), busy_s


def _counts_by_run(
    at_s: NDArray[np.float64], segment: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Yield the requests of each second of each run, the empty ones of a long run at its end."""
    import numpy as np  # noqa: PLC0415 - as above

    for run in np.unique(segment).tolist():
        times = at_s[segment == run]
        times = times - times.min()
        longest = float(times.max())
        if longest < MOST_SECONDS:
            yield np.bincount(times.astype(np.int64))
        else:
            n = np.unique(times.astype(np.int64), return_counts=True)[1]
            yield n
            yield np.zeros(min(int(longest) + 1 - len(n), MOST_SECONDS), dtype=np.int64)


def _dispersion(counts: NDArray[np.int64]) -> float | None:
    """Return the index of dispersion (Cox and Lewis 1966, 6.3)."""
    if len(counts) < FEWEST_SECONDS or not counts.any():
        return None
    return float(counts.var(ddof=1) / counts.mean())
