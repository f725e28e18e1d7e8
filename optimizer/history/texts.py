"""Texts of users and models as they are stored: as far as they are kept, long ones in pieces.

DuckDB 2.0.0 keeps a text from 4096 bytes on apart from its column. Until a row group of 122,880
rows is full, all such texts of a transaction are held in memory when it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.history.settings import PayloadPolicy, StoreSettings
from optimizer.models.tasks import text_sha256

PIECE_CHARS = 4_000
"""The longest text that is stored whole, and the length of the pieces of a longer one."""

WIDE_PIECE_CHARS = 1_000
"""The same where not all is ASCII: a character then takes up to four bytes."""

FIELDS = ("inputs", "outputs", "metadata", "result_metadata")
"""The texts of a task."""

Columns = dict[str, NDArray[Any]]


def kept_texts(texts: Sequence[str | None], settings: StoreSettings) -> Sequence[str | None]:
    """Return what is kept of texts of users and models."""
    match settings.payloads:
        case PayloadPolicy.NONE:
            return [None for _ in texts]
        case PayloadPolicy.EXCERPTS:
            return [text and text[: settings.excerpt_chars] for text in texts]
        case PayloadPolicy.HASHES:
            return [text and text_sha256(text) for text in texts]
        case _:
            return texts


def short_and_long(
    place: Columns, texts: Mapping[str, Sequence[str | None]]
) -> tuple[Columns, Columns]:
    """Return the columns of the tables `task_texts` and `long_texts`.

    Args:
        place: The run and the position of each task.
        texts: The texts of the tasks by their field.
    """
    short: Columns = dict(place)
    pieces: list[tuple[int, str, int, str]] = []
    for name, values in texts.items():
        column = np.array(values, dtype=object)
        for row in _long_ones(values):
            pieces += _pieces(row, name, column[row])
            column[row] = None
        short[name] = column
    return short, _piece_columns(place, pieces)


def _long_ones(values: Iterable[str | None]) -> list[int]:
    """Return which texts are stored in pieces."""
    return [
        row
        for row, text in enumerate(values)
        if text and len(text) > WIDE_PIECE_CHARS and len(text) > _piece_chars(text)
    ]


def _piece_chars(text: str) -> int:
    return PIECE_CHARS if text.isascii() else WIDE_PIECE_CHARS


def _pieces(row: int, name: str, text: str) -> Iterator[tuple[int, str, int, str]]:
    step = _piece_chars(text)
    for piece, start in enumerate(range(0, len(text), step)):
        yield row, name, piece, text[start : start + step]


def _piece_columns(place: Columns, pieces: Sequence[tuple[int, str, int, str]]) -> Columns:
    rows = np.array([piece[0] for piece in pieces], dtype=np.int64)
    return {name: column[rows] for name, column in place.items()} | {
        "field": np.array([piece[1] for piece in pieces], dtype=object),
        "piece": np.array([piece[2] for piece in pieces], dtype=np.int64),
        "text": np.array([piece[3] for piece in pieces], dtype=object),
    }
