"""The tasks of one variant as columns, a metric each, for those who look for moves in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

AMOUNTS = frozenset({"latency", "cost", "tokens"})
"""Metrics whose spread grows with them: they are compared by their logarithms."""

RATES = frozenset({"success", "score"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Tasks of one variant in order of time, repeats of a case among them.

    Attributes:
        trace: The tasks of the workflow.
        rows: Which of them are those of the variant.
        segment: Code of the run.
        newest: Code of the newest run.
        case: Code of the case.
        position: Place of each in its run; None where it is not from a history.
    """

    trace: Requests
    rows: NDArray[np.intp]
    segment: NDArray[np.int64]
    newest: int
    case: NDArray[np.int64]
    position: NDArray[np.int64] | None

    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Return the values by metric, NaN where unknown."""
        import numpy as np  # noqa: PLC0415 - as below

        trace, rows = self.trace, self.rows
        return {
            "success": trace.ok[rows],
            "score": trace.score[rows],
            "latency": trace.latency_ms[rows],
            "cost": np.where(trace.cached[rows], np.nan, trace.cost_usd[rows]),
            "tokens": trace.tokens_in[rows] + trace.tokens_out[rows],
        }

    def outcome(self) -> NDArray[np.int64]:
        """Return 0: passed, 1: did not, 2: timed out or in error, 3: refused for too many."""
        import numpy as np  # noqa: PLC0415 - as below

        trace, rows = self.trace, self.rows
        unless_throttled = np.where(trace.failed[rows], 2, trace.ok[rows] == 0)
        return np.where(trace.throttled[rows], 3, unless_throttled)

    def at(self, place: int) -> datetime | None:
        """Return when a task began, or None where that is not known."""
        if self.trace.first_at is None:
            return None
        return self.trace.first_at + timedelta(seconds=float(self.trace.at_s[self.rows[place]]))


def columns(trace: Requests | None, variant_id: str, newest_run: str) -> Columns | None:
    """Return the tasks of a variant, or None where the trace has none of its newest run."""
    if trace is None or variant_id not in trace.variants or newest_run not in trace.runs:
        return None
    (rows,) = (trace.variant == trace.variants.index(variant_id)).nonzero()
    return Columns(
        trace=trace,
        rows=rows,
        segment=trace.segment[rows],
        newest=trace.runs.index(newest_run),
        case=trace.case[rows],
        position=None if trace.position is None else trace.position[rows],
    )


def comparable(metric: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amounts above 0 as logarithms; anything else as it is."""
    import numpy as np  # noqa: PLC0415 - as above

    known = values[~np.isnan(values)]
    if metric in AMOUNTS and known.size and (known > 0).all():
        return np.log(values)
    return values
