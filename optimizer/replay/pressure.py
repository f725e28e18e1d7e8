"""How much a trace asks for, and which rate its provider let through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass
from optimizer.models.limits import Load, Pressure, Sustained
from optimizer.replay.buckets import SECONDS_OF_A_MINUTE
from optimizer.replay.selection import only

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests
    from optimizer.replay.selection import Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered in the whole of one run.

    Attributes:
        n: Requests that were not refused.
        duration_s: From the beginning of the run to its end, in seconds, above 0.
    """

    n: int
    duration_s: float


def clocked_runs(requests: Requests | Times) -> Iterator[NDArray[np.intp]]:
    """Yield the places of the requests of each run that says when its requests began.

    A run of several requests that all began at one moment does not: that is the time of the run.
    """
    for places in _runs(requests.segment):
        if len(places) > 1 and requests.at_s[places[-1]] > requests.at_s[places[0]]:
            yield places


def _runs(segment: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    """Yield the places of each run, in order of their codes; without sorting where it can."""
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    stretches = list(pairwise(_bounds(segment)))
    codes = segment[[start for start, _ in stretches]].tolist() if len(segment) else []
    if len(set(codes)) == len(codes):
        for _, (start, end) in sorted(zip(codes, stretches, strict=False)):
            yield np.arange(start, end)
        return
    order = np.argsort(segment, kind="stable")  # of runs beside each other
    for start, end in pairwise(_bounds(segment[order])):
        yield order[start:end]


def _bounds(segment: NDArray[np.int64]) -> list[int]:
    """Return where stretches of one run begin, and the end of all."""
    (edges,) = (segment[1:] != segment[:-1]).nonzero()
    return [0, *(edges + 1).tolist(), len(segment)]


def with_clock(requests: Requests) -> Requests:
    """Return the requests of the runs that say when each began."""
    import numpy as np  # noqa: PLC0415 - as above

    runs = list(clocked_runs(requests))
    places = np.sort(np.concatenate(runs)) if runs else np.zeros(0, dtype=np.intp)
    return requests if len(places) == len(requests) else only(requests, places)


def load(requests: Requests) -> Load:
    """Return how much a trace asks for; declared repeats count, they were asked for too."""
    import numpy as np  # noqa: PLC0415 - as above

    tokens = requests.tokens_in + requests.tokens_out
    runs = list(clocked_runs(requests))
    span_s = sum(float(requests.at_s[run[-1]] - requests.at_s[run[0]]) for run in runs)
    minutes = span_s / SECONDS_OF_A_MINUTE
    n_clocked = sum(len(run) for run in runs)
    clocked_tokens = sum(float(np.nansum(tokens[run])) for run in runs)
    peaks = [_peaks(requests.at_s[run], np.nan_to_num(tokens[run])) for run in runs]
    has_tokens = not bool(np.isnan(tokens).all())
    return Load(
        n=len(requests),
        span_s=span_s,
        n_clocked=n_clocked,
        requests_per_minute=n_clocked / minutes if minutes else None,
        tokens_per_minute=clocked_tokens / minutes if minutes and has_tokens else None,
        peak_requests=max((n for n, _ in peaks), default=None),
        peak_tokens=max((sum_ for _, sum_ in peaks), default=None) if has_tokens else None,
        tokens_mean=float(np.nanmean(tokens)) if has_tokens else None,
        cost_mean_usd=_mean(requests.cost_usd),
    )


def pace_rps(requests: Requests | Times) -> float | None:
    """Return how many requests come a second; None where no run says when its requests began."""
    runs = list(clocked_runs(requests))
    span_s = sum(float(requests.at_s[run[-1]] - requests.at_s[run[0]]) for run in runs)
    return sum(len(run) for run in runs) / span_s if runs else None


def tick_s(requests: Requests | Times) -> float | None:
    """Return the shortest time between two moments of a run; None where there are not two.

    Times that were rounded make requests look as if they had come together.
    """
    import numpy as np  # noqa: PLC0415 - as above

    steps = [np.diff(requests.at_s[run]) for run in clocked_runs(requests)]
    shortest = [float(step[step > 0].min()) for step in steps]
    return min(shortest, default=None)


def pressure(requests: Requests, answered: Sequence[Answered], *, window_s: float) -> Pressure:
    """Return how often requests were refused for too many of them, and what went through.

    Args:
        requests: The trace; declared repeats count, the provider saw them too.
        answered: The runs whose length is known, for a trace without times of its own.
        window_s: Length of the stretches that a rate is looked for in, in seconds.
    """
    import numpy as np  # noqa: PLC0415 - as above

    throttled = requests.throttled
    n_throttled = int(throttled.sum())
    sustained = _sustained(requests, window_s) if n_throttled else None
    if sustained is None and n_throttled:
        sustained = _over_runs(answered)
    calm = np.zeros(len(requests), dtype=np.bool_)
    if sustained is not None and sustained.source == "window":
        for run in clocked_runs(requests):
            calm[run] = _trailing(requests.at_s[run], window_s) <= sustained.n
    return Pressure(
        n=len(requests),
        n_throttled=n_throttled,
        n_failed=int((requests.failed | throttled).sum()),
        longest=_longest(requests),
        sustained=sustained,
        n_calm=int(calm.sum()),
        n_calm_throttled=int((calm & throttled).sum()),
    )


def _sustained(requests: Requests, window_s: float) -> Sustained | None:
    """Return the busiest stretch of a length in which nothing was refused.

    Stretches begin with a request and lie wholly inside their run.
    """
    import numpy as np  # noqa: PLC0415 - as above

    most = 0
    for run in clocked_runs(requests):
        at_s, refused = requests.at_s[run], requests.throttled[run]
        ends = np.searchsorted(at_s, at_s + window_s, side="left")
        before = np.concatenate(([0], np.cumsum(refused)))
        is_free = before[ends] == before[: len(at_s)]
        is_whole = at_s + window_s <= at_s[-1]
        counts = (ends - np.arange(len(at_s)))[is_free & is_whole]
        most = max(most, int(counts.max(initial=0)))
    if not most:
        return None
    per_minute = most * SECONDS_OF_A_MINUTE / window_s
    return Sustained(per_minute=per_minute, n=most, window_s=window_s, source="window")


def _over_runs(answered: Sequence[Answered]) -> Sustained | None:
    n, length_s = sum(run.n for run in answered), sum(run.duration_s for run in answered)
    if not n:
        return None
    per_minute = n * SECONDS_OF_A_MINUTE / length_s
    return Sustained(per_minute=per_minute, n=n, window_s=length_s, source="runs")


def _trailing(at_s: NDArray[np.float64], window_s: float) -> NDArray[np.intp]:
    """Return how many requests the window up to each one holds, itself included."""
    import numpy as np  # noqa: PLC0415 - as above

    starts = np.searchsorted(at_s, at_s - window_s, side="right")
    return np.asarray(np.arange(1, len(at_s) + 1) - starts)


def _peaks(at_s: NDArray[np.float64], tokens: NDArray[np.float64]) -> tuple[int, float]:
    """Return the most requests and the most tokens of any minute up to a request."""
    import numpy as np  # noqa: PLC0415 - as above

    counts = _trailing(at_s, SECONDS_OF_A_MINUTE)
    upto = np.concatenate(([0.0], np.cumsum(tokens)))
    ends = np.arange(1, len(at_s) + 1)
    return int(counts.max()), float((upto[ends] - upto[ends - counts]).max())


def _longest(requests: Requests) -> int:
    """Return the most requests in a row, inside one run, of which none was refused."""
    longest = 0
    running: dict[int, int] = {}
    marks = zip(requests.segment.tolist(), requests.throttled.tolist(), strict=True)
    for segment, is_refused in marks:
        running[segment] = 0 if is_refused else running.get(segment, 0) + 1
        longest = max(longest, running[segment])
    return longest


def _mean(values: NDArray[np.float64]) -> float | None:
    import numpy as np  # noqa: PLC0415 - as above

    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
