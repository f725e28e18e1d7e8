"""Do the statistics of a file agree with its tasks?"""

from __future__ import annotations

import math

from executor_bridge.formats.native import wire
from executor_bridge.models import RunStatistics
from optimizer.models.dataclass import dataclass

RATE_TOLERANCE = 0.001
RELATIVE_TOLERANCE = 1e-3
ABSOLUTE_TOLERANCE = 1e-6
SUMS = ("total_execution_time", "avg_execution_time", "total_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A figure that does not follow from the tasks.

    Attributes:
        name: Which figure.
        given: What the file says.
        counted: What its tasks add up to.
    """

    name: str
    given: float
    counted: float


def disagreements(given: wire.Statistics, counted: RunStatistics) -> list[Disagreement]:
    """Return the figures of a file that its tasks contradict; absent ones contradict nothing.

    Counts and tokens must be equal, the rate within 0.001, sums of times and costs within a
    thousandth (or a millionth of their unit), because they may have been added in another order.
    """
    found = []
    for name in given.__struct_fields__:
        stated, actual = getattr(given, name), getattr(counted, name)
        if stated is not None and not _agree(name, stated, actual):
            found.append(Disagreement(name=name, given=stated, counted=actual))
    return found


def _agree(name: str, given: float, counted: float) -> bool:
    if name in SUMS:
        return math.isclose(given, counted, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    if name == "success_rate":
        return abs(given - counted) <= RATE_TOLERANCE
    return given == counted
