"""What is worth keeping, for how long, and whether a kept answer may still be served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.requests import UNKNOWN_CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

MS_PER_S = 1000


def is_traffic(requests: Requests) -> NDArray[np.bool_]:
    """Tell which requests are traffic: declared repeats of a case test the tests."""
    found: NDArray[np.bool_] = requests.repeat == 0
    return found


def should_cache(requests: Requests) -> NDArray[np.bool_]:
    """Tell whose answer is worth keeping: it came, and its input can be recognized."""
    known: NDArray[np.bool_] = requests.key != UNKNOWN_CODE
    return known & ~requests.failed & ~requests.throttled


def ready_at_s(requests: Requests) -> NDArray[np.float64]:
    """Return when each answer could be served: as it was done, at once where that is unknown.

    It is unknown as well where all requests of a run bear one time: nobody kept the clock.
    """
    waited: NDArray[np.float64] = np.nan_to_num(requests.latency_ms, nan=0.0) / MS_PER_S
    return requests.at_s + np.where(is_timed(requests), waited, 0.0)


def is_timed(requests: Requests) -> NDArray[np.bool_]:
    """Tell which requests are of a run in which time went by."""
    runs, run = np.unique(requests.segment, return_inverse=True)
    first, last = np.full(len(runs), np.inf), np.full(len(runs), -np.inf)
    np.minimum.at(first, run, requests.at_s)
    np.maximum.at(last, run, requests.at_s)
    found: NDArray[np.bool_] = (last > first)[run]
    return found


def is_fresh(age_s: float, ttl_s: float | None) -> bool:
    """Tell whether an answer that was made so long ago may be served."""
    return ttl_s is None or age_s < ttl_s
