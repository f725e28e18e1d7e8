"""Where the history is."""

from __future__ import annotations

from pathlib import Path

FOLDER = ".optimizer"
FILE = "history.duckdb"


def locate(start: Path) -> Path:
    """Return the history of the nearest folder upwards from `start` that has one.

    Where none has, it is the place in `start` where one would be made.
    """
    for folder in (start, *start.parents):
        found = folder / FOLDER / FILE
        if found.exists():
            return found
    return start / FOLDER / FILE
