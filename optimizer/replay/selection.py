"""Some of the requests of a trace."""

from __future__ import annotations

from dataclasses import fields, replace
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

    values = {field.name: getattr(requests, field.name) for field in fields(requests)}
    columns: dict[str, Any] = {
        name: value[places]
        for name, value in values.items()
        if isinstance(value, np.ndarray) and name not in APART
    }
    texts = requests.texts
    columns["texts"] = None if texts is None else tuple(texts[place] for place in places.tolist())
    chosen: Requests = replace(requests, **columns, blocks=None, block_ends=None)
    return chosen


def of_variant(requests: Requests, variant_id: str) -> Requests | None:
    """Return the requests under one variant, or None where there are none."""
    import numpy as np  # noqa: PLC0415 - as above

    if variant_id not in requests.variants:
        return None
    places = np.flatnonzero(requests.variant == requests.variants.index(variant_id))
    if len(places) == len(requests):
        return requests if len(places) else None
    return only(requests, places) if len(places) else None
