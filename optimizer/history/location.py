"""Where the history is: a file, or a lake."""

from __future__ import annotations

from pathlib import Path

FOLDER = ".optimizer"
FILE = "history.duckdb"

MARKS = ("runs", "decisions")
"""Folders of a lake of which at least one is there."""

S3 = "s3://"
S3_AS_PATH = "s3:/"
"""What becomes of it in a `Path`."""


def locate(start: Path) -> Path:
    """Return the history of the nearest folder upwards from `start` that has one.

    Where none has, it is the place in `start` where one would be made.
    """
    for folder in (start, *start.parents):
        found = folder / FOLDER / FILE
        if found.exists():
            return found
    return start / FOLDER / FILE


def s3_location(path: Path | str) -> str | None:
    """Return the name of a lake on S3, also where it went through a `Path`; None: it is none."""
    text = str(path)
    if not text.startswith(S3_AS_PATH):
        return None
    return S3 + text.removeprefix(S3_AS_PATH).strip("/")


def is_lake(path: Path | str) -> bool:
    """Tell whether a place is a lake rather than a history file."""
    if s3_location(path) is not None:
        return True
    folder = Path(path)
    return folder.is_dir() and any((folder / mark).is_dir() for mark in MARKS)
