"""The shape of the traffic of a workflow: how much, how even, and when."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficShape:
    """How requests arrive, over the newest ones.

    Time between runs does not count: nothing was asked then.

    Attributes:
        n: Requests that were looked at.
        n_runs: Runs they came in.
        busy_s: Time from the first to the last request of each run, added up, in seconds.
        rate_per_s: Requests per second of that time; None where it is too short to tell.
        peak_per_s: Most requests that began within one second.
        dispersion: Variance over mean of the counts per second: 1 where requests arrive by
            chance alone, more where they come in bursts; None where there are too few seconds.
        by_hour: Share of the requests that began in each hour of the day, UTC, from 0;
            None where the time of day is not known.
    """

    n: int
    n_runs: int
    busy_s: float
    rate_per_s: float | None
    peak_per_s: int
    dispersion: float | None
    by_hour: tuple[float, ...] | None
