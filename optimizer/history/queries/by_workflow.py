"""Columns about several workflows: made ready for all of them at once, then cut by workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Coded:
    """Texts as codes, which begin with 0 in every workflow.

    Attributes:
        codes: A code for each text, -1 where there is none.
        names: Of each workflow, its texts by code.
    """

    codes: NDArray[np.int64]
    names: Sequence[tuple[str, ...]]


def edges_of(places: NDArray[Any]) -> list[int]:
    """Return where the rows of each workflow begin, and where the last end; they come sorted."""
    import numpy as np

    return [*np.flatnonzero(np.diff(places, prepend=-1)).tolist(), len(places)]


def coded(values: NDArray[Any], edges: Sequence[int]) -> Coded:
    """Return texts as codes, in the order in which a workflow names them first."""
    import numpy as np

    from optimizer.models.requests import UNKNOWN_CODE

    is_known = values == values  # noqa: PLR0124 - NaN, which is no text, is unequal to itself
    if not is_known.any():
        return Coded(np.full(len(values), UNKNOWN_CODE), [()] * (len(edges) - 1))
    texts = values
    if not is_known.all():
        texts = values.copy()
        texts[~is_known] = None
    is_first = np.ones(len(texts), dtype=np.bool_)
    is_first[1:] = texts[1:] != texts[:-1]
    is_first[edges[:-1]] = True
    firsts = np.flatnonzero(is_first)
    begins, found, codes = set(edges), [], []
    known: dict[str, int] = {}
    for place, text in zip(firsts.tolist(), texts[firsts].tolist(), strict=True):
        if place in begins:
            known = {}
            found.append(known)
        codes.append(UNKNOWN_CODE if text is None else known.setdefault(text, len(known)))
    lengths = np.diff(firsts, append=len(texts))
    return Coded(np.repeat(np.array(codes, dtype=np.int64), lengths), list(map(tuple, found)))


def parts(
    columns: Mapping[str, NDArray[Any]], edges: Sequence[int]
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the rows of each workflow."""
    for start, end in pairwise(edges):
        rows = slice(start, end)
        yield {name: values[rows] for name, values in columns.items()}
