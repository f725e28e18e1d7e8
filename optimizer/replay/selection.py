"""Some of the requests of a trace."""

from __future__ import annotations

from dataclasses import fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

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


def of_variant(requests: Requests, variant_id: str) -> Requests | None:
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
def _of_variant(trace: _Itself, variant_id: str) -> Requests | None:
    import numpy as np  # noqa: PLC0415 - as above

    requests = trace.requests
    if variant_id not in requests.variants:
        return None
    places = np.flatnonzero(requests.variant == requests.variants.index(variant_id))
    if len(places) == len(requests):
        return requests if len(places) else None
    return only(requests, places) if len(places) else None
