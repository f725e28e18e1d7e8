"""How much room a history takes."""

from __future__ import annotations

from pathlib import Path

from optimizer.history.lakes.names import KINDS
from optimizer.history.lakes.places import place_of
from optimizer.history.location import is_lake


def size_of(store: Path) -> int:
    """Return the size in bytes of a history file, or of the files of a lake."""
    if not is_lake(store):
        return store.stat().st_size
    with place_of(store) as place:
        tables = [table for kind in KINDS for table in kind.tables]
        return sum(entry.n_bytes for table in tables for entry in place.entries(table))
