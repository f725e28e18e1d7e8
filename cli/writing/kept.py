"""Texts that wait, on disk where they are many, until all are there and their order is known."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import field
from typing import IO

from optimizer.models.dataclass import dataclass

IN_MEMORY_BYTES = 2**23
"""What is held in memory before it goes to disk."""


def _file() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)


@dataclass(slots=True)
class Kept:
    """Texts with what they are sorted by; only that and their place is held in memory."""

    _file: IO[bytes] = field(default_factory=_file)
    _places: list[tuple[tuple[float, str], int]] = field(default_factory=list)
    _n_bytes: int = 0

    def add(self, key: tuple[float, str], text: str) -> None:
        """Keep a text; no two have the same key."""
        self._places.append((key, self._n_bytes))
        line = text.encode("utf-8", "surrogatepass")
        self._file.write(len(line).to_bytes(8, "little"))
        self._file.write(line)
        self._n_bytes += 8 + len(line)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        """Yield the texts, sorted."""
        for _, place in sorted(self._places):
            self._file.seek(place)
            n = int.from_bytes(self._file.read(8), "little")
            yield self._file.read(n).decode("utf-8", "surrogatepass")
