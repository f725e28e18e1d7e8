"""Rows of JSON that stand apart from the names of their columns, as MLflow and pandas write them.

`{"columns": ["inputs", "outputs"], "data": [["2 + 2?", "4"]]}`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from executor_bridge.lenient import Skipped, decoded, rows
from optimizer.models.tasks import Source

BEGINNING = re.compile(
    rb'\s*\{\s*"columns"\s*:\s*(\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])\s*,\s*"(?:index|data)"\s*:\s*\['
)
LOOKED_BYTES = 2**16
"""In so many bytes the names of all columns must stand."""


class _Split(Struct):
    columns: list[str]
    data: list[Raw]


def split_columns(start: bytes) -> tuple[str, ...]:
    """Return the names of the columns, none for a text that does not begin with them."""
    found = BEGINNING.match(start[:LOOKED_BYTES])
    try:
        return tuple(msgspec.json.decode(found[1], type=list[str])) if found else ()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()


def split_rows(source: Source, skipped: Skipped) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows with their places; those of another length than the columns are skipped.

    Raises:
        FormatError: The text is damaged.
    """
    split = decoded(source.content, _Split, source)
    texts = ((f"data[{n}]", raw) for n, raw in enumerate(split.data))
    for place, cells in rows(texts, list[Any], skipped):
        if len(cells) == len(split.columns):
            yield place, dict(zip(split.columns, cells, strict=True))
        else:
            skipped.add(place, f"{len(cells)} cells", f"{len(split.columns)}, as there are columns")
