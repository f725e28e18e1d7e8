"""The tasks of two windows by their cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.analysis.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Tasks of one window by their cases.

    Attributes:
        rows: The tasks.
        names: Their cases, sorted.
        code: Place of each task's case among those.
        n: Tasks of each case.
        once: The newest task of each case, in order of time.
    """

    rows: NDArray[np.intp]
    names: NDArray[np.int64]
    code: NDArray[np.intp]
    n: NDArray[np.intp]
    once: NDArray[np.intp]


class Cases:
    """Tasks by their cases; metrics that are known of the same tasks share that."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._sides: dict[bytes, Side] = {}
        self._shared: dict[tuple[int, int], tuple[NDArray[np.intp], NDArray[np.intp]]] = {}

    def of(self, rows: NDArray[np.intp]) -> Side:
        """Return tasks by their cases."""
        import numpy as np  # noqa: PLC0415 - a workflow that ran once needs none

        key = rows.tobytes()
        if key not in self._sides:
            names, code, n = np.unique(
                self._columns.case[rows], return_inverse=True, return_counts=True
            )
            newest = np.zeros(names.size, dtype=np.intp)
            np.maximum.at(newest, code, np.arange(rows.size))
            once = rows[np.sort(newest)]
            self._sides[key] = Side(rows=rows, names=names, code=code, n=n, once=once)
        return self._sides[key]

    def shared(self, first: Side, second: Side) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the places of the cases that both have, in each."""
        import numpy as np  # noqa: PLC0415 - a workflow that ran once needs none

        key = id(first), id(second)
        if key not in self._shared:
            _, *places = np.intersect1d(
                first.names, second.names, assume_unique=True, return_indices=True
            )
            self._shared[key] = places[0], places[1]
        return self._shared[key]
