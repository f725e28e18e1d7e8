"""What each case gave under each variant, for the requests of one task type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.contrasts import CaseTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests


def cases_of_type(requests: Requests, task_type: str) -> CaseTable:
    """Return the table of the judged requests of one type; repeats of a case are averaged.

    Args:
        requests: The trace.
        task_type: One of its types.
    """
    code = requests.task_types.index(task_type)
    rows = np.flatnonzero(
        (requests.task_type == code) & (requests.ok == requests.ok) & (requests.case >= 0)
    )
    n_cases = int(requests.case[rows].max(initial=-1)) + 1
    pair = requests.variant[rows] * n_cases + requests.case[rows]
    known, place = np.unique(pair, return_inverse=True)
    paid = np.where(requests.cached[rows], np.nan, requests.cost_usd[rows])
    tokens = requests.tokens_in[rows] + requests.tokens_out[rows]
    return CaseTable(
        variants=requests.variants,
        variant=known // max(n_cases, 1),
        case=known % max(n_cases, 1),
        n=np.bincount(place, minlength=len(known)).astype(np.float64),
        passed=_means(requests.ok[rows], place, len(known)),
        score=_means(requests.score[rows], place, len(known)),
        latency_ms=_means(requests.latency_ms[rows], place, len(known)),
        cost_usd=_means(paid, place, len(known)),
        tokens=_means(tokens, place, len(known)),
    )


def _means(values: NDArray[np.float64], place: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    """Return the mean of the known values of each place; NaN where there is none."""
    known = np.isfinite(values)
    sums = np.bincount(place[known], weights=values[known], minlength=n)
    counts = np.bincount(place[known], minlength=n)
    return np.asarray(np.divide(sums, counts, out=np.full(n, np.nan), where=counts > 0))
