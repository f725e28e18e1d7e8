"""Texts of users and models as they are stored: as far as they are kept, long ones in pieces.

DuckDB 2.0.0 writes the rows of a transaction early by full row groups only and commits the others
from memory, so that a row must not be long. From 4096 bytes on texts take even more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from optimizer.history.batches import Columns, Numbers, label, labels, texts
from optimizer.history.settings import PayloadPolicy, StoreSettings
from optimizer.models.tasks import PackedTexts, text_sha256

PIECE_CHARS = 2_000
"""The longest text that is stored whole, and the length of the pieces of a longer one."""

WIDE_PIECE_CHARS = 500
"""The same where not all is ASCII: a character then takes up to four bytes."""

PAYLOADS = ("inputs", "outputs", "metadata", "result_metadata")
"""The texts of a task that the table `task_texts` holds."""


def kept_texts(values: Sequence[str | None], settings: StoreSettings) -> Sequence[str | None]:
    """Return what is kept of texts of users and models."""
    match settings.payloads:
        case PayloadPolicy.NONE:
            return [None for _ in values]
        case PayloadPolicy.EXCERPTS:
            return [text and text[: settings.excerpt_chars] for text in values]
        case PayloadPolicy.HASHES:
            return [text and text_sha256(text) for text in values]
        case _:
            return values


class LongTexts:
    """The long ones among the texts of consecutive tasks, cut in pieces."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._fields: list[str] = []
        self._places: list[int] = []
        self._pieces: list[str] = []

    def taken_from(self, field: str, values: Sequence[str | None]) -> Sequence[str | None]:
        """Return texts without the long ones, which are taken."""
        return self._shortened(field, values, has_heads=False)

    def heads(self, field: str, values: Sequence[str | None]) -> Sequence[str | None]:
        """Return texts, of the long ones, which are taken, how they begin."""
        return self._shortened(field, values, has_heads=True)

    def _shortened(
        self, field: str, values: Sequence[str | None], *, has_heads: bool
    ) -> Sequence[str | None]:
        if _longest(values) <= WIDE_PIECE_CHARS:
            return values
        left = list(values)
        for row, text in enumerate(values):
            if _is_long(text):
                head = self._take(row, field, text)
                left[row] = head if has_heads else None
        return left

    def head(self, row: int, field: str, text: str | None) -> str | None:
        """Return a text of a task; if it is long, it is taken and how it begins is returned."""
        if not _is_long(text):
            return text
        return self._take(row, field, text)

    def columns(self, run_id: str, first: int) -> Columns:
        """Return the columns of the table `long_texts`.

        Args:
            run_id: The run.
            first: The position of the first task.
        """
        return {
            "run_id": label(run_id, len(self._rows)),
            "position": Numbers(first + np.array(self._rows, dtype=np.int64)),
            "field": labels(self._fields) if self._rows else label("", 0),
            "piece": Numbers(np.array(self._places, dtype=np.int64)),
            "text": texts(self._pieces),
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


def _longest(values: Sequence[str | None]) -> int:
    """Return how long the longest text is."""
    if isinstance(values, PackedTexts):
        return int(np.diff(np.asarray(values.ends)).max(initial=0))
    return max(map(len, filter(None, values)), default=0)


def _is_long(text: str | None) -> TypeGuard[str]:
    """Tell whether a text is stored in pieces."""
    return text is not None and len(text) > WIDE_PIECE_CHARS and len(text) > _piece_chars(text)


def _piece_chars(text: str) -> int:
    return PIECE_CHARS if text.isascii() else WIDE_PIECE_CHARS
