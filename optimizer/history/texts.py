"""Texts of users and models as they are stored: as far as they are kept, long ones in pieces.

DuckDB 2.0.0 writes the rows of a transaction early by full row groups only and commits the others
from memory, so that a row must not be long. From 4096 bytes on texts take even more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from optimizer.history.settings import PayloadPolicy, StoreSettings
from optimizer.models.tasks import text_sha256

PIECE_CHARS = 2_000
"""The longest text that is stored whole, and the length of the pieces of a longer one."""

WIDE_PIECE_CHARS = 500
"""The same where not all is ASCII: a character then takes up to four bytes."""

PAYLOADS = ("inputs", "outputs", "metadata", "result_metadata")
"""The texts of a task that the table `task_texts` holds."""

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


class LongTexts:
    """The long ones among the texts of consecutive tasks, cut in pieces."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._fields: list[str] = []
        self._places: list[int] = []
        self._pieces: list[str] = []

    def taken_from(self, field: str, texts: Sequence[str | None]) -> NDArray[Any]:
        """Return texts without the long ones, which are taken."""
        column = np.array(texts, dtype=object)
        for row in _long_ones(texts):
            self._take(row, field, column[row])
            column[row] = None
        return column

    def heads(self, field: str, texts: Sequence[str | None]) -> NDArray[Any]:
        """Return texts, of the long ones, which are taken, how they begin."""
        column = np.array(texts, dtype=object)
        for row in _long_ones(texts):
            column[row] = self.head(row, field, column[row])
        return column

    def head(self, row: int, field: str, text: str | None) -> str | None:
        """Return a text of a task; if it is long, it is taken and how it begins is returned."""
        if not _is_long(text):
            return text
        return self._take(row, field, text)

    def columns(self, place: Columns) -> Columns:
        """Return the columns of the table `long_texts`.

        Args:
            place: The run and the position of each task.
        """
        rows = np.array(self._rows, dtype=np.int64)
        return {name: column[rows] for name, column in place.items()} | {
            "field": np.array(self._fields, dtype=object),
            "piece": np.array(self._places, dtype=np.int64),
            "text": np.array(self._pieces, dtype=object),
        }

    def _take(self, row: int, field: str, text: str) -> str:
        """Cut a text in pieces and return the first."""
        step = _piece_chars(text)
        pieces = [text[start : start + step] for start in range(0, len(text), step)]
        self._rows += [row] * len(pieces)
        self._fields += [field] * len(pieces)
        self._places += range(len(pieces))
        self._pieces += pieces
        return pieces[0]


def _long_ones(texts: Sequence[str | None]) -> list[int]:
    return [row for row, text in enumerate(texts) if _is_long(text)]


def _is_long(text: str | None) -> TypeGuard[str]:
    """Tell whether a text is stored in pieces."""
    return text is not None and len(text) > WIDE_PIECE_CHARS and len(text) > _piece_chars(text)


def _piece_chars(text: str) -> int:
    return PIECE_CHARS if text.isascii() else WIDE_PIECE_CHARS
