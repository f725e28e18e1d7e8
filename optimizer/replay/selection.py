"""Some of the requests of a trace."""

from __future__ import annotations

from dataclasses import fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

APART = frozenset({"blocks", "block_ends"})
"""Arrays that are no column of one value per request."""


def only(requests: Requests, places: NDArray[np.intp]) -> Requests:
    """Return the requests at some places, in their order; their blocks are left out."""
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    values = {name: getattr(requests, name) for name in _names()}
    columns: dict[str, Any] = {
        name: value[places]
        for name, value in values.items()
        if isinstance(value, np.ndarray) and name not in APART
    }
    texts = requests.texts
    columns["texts"] = None if texts is None else tuple(texts[place] for place in places.tolist())
    chosen: Requests = type(requests)(**values | columns | {"blocks": None, "block_ends": None})
    return chosen


@cache
def _names() -> tuple[str, ...]:
    from optimizer.models.requests import Requests  # noqa: PLC0415 - as above

    return tuple(field.name for field in fields(Requests))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When some requests began, in order of time, and in which run: as in `Requests`."""

    at_s: NDArray[np.float64]
    segment: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the requests of a trace: where they are, before all that is known is picked out."""

    trace: Requests
    places: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.places)

    def times(self) -> Times:
        """Return when they began."""
        trace, places = self.trace, self.places
        return Times(at_s=trace.at_s[places], segment=trace.segment[places])

    def requests(self) -> Requests:
        """Return all that is known of them."""
        is_whole = len(self.places) == len(self.trace)
        return self.trace if is_whole else only(self.trace, self.places)


def of_variant(requests: Requests, variant_id: str) -> Part | None:
    """Return the requests under one variant, or None where there are none.

    Several strategies ask for the same: what was answered last is kept.
    """
    return _of_variant(_Itself(requests), variant_id)


class _Itself:
    """Requests that are equal to themselves only, without a look at their columns."""

    __slots__ = ("requests",)

    def __init__(self, requests: Requests) -> None:
        self.requests = requests

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.requests is other.requests

    def __hash__(self) -> int:
        return id(self.requests)


@lru_cache(maxsize=1)
def _of_variant(itself: _Itself, variant_id: str) -> Part | None:
    requests = itself.requests
    if variant_id not in requests.variants:
        return None
    (places,) = (requests.variant == requests.variants.index(variant_id)).nonzero()
    return Part(trace=requests, places=places) if len(places) else None
