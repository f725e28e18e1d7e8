"""What the user asked to read: folders, patterns and files, as a list of files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence

from optimizer.models.errors import Fault, FormatError

STDIN = "-"
SUFFIXES = (
    ".json",
    ".jsonl",
    ".json.gz",
    ".json.zst",
    ".jsonl.gz",
    ".jsonl.zst",
)


def expand(paths: Sequence[str]) -> list[str]:
    """Return the files meant by paths, each once, in the order asked for.

    A folder stands for the result files below it, sorted; hidden ones are left out. What
    cannot be looked into stands for itself, so that reading it says why. A pattern that
    the shell did not expand is expanded here. `-` is standard input.

    Raises:
        FormatError: A path stands for nothing.
    """
    return list(dict.fromkeys(file for path in paths for file in _files(path)))


def beside(path: str, name: re.Pattern[str]) -> list[str]:
    """Return the files in the folder of a file whose whole name matches, sorted.

    There are none beside standard input, nor where the folder cannot be looked into.
    """
    if path == STDIN:
        return []
    folder = os.path.dirname(path)
    try:
        names = sorted(os.listdir(folder or os.curdir))
    except OSError:
        return []
    return [os.path.join(folder, found) for found in names if name.fullmatch(found)]


def _files(path: str) -> list[str]:
    """Return the files one path stands for, at least one."""
    if path == STDIN:
        return [path]
    if os.path.isdir(path):
        return _found(path, _below(path), "a folder with no result file")
    if not os.path.exists(path) and glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        below = [file for match in matches for file in _either(match)]
        return _found(path, below, "a pattern that matches no result file")
    if _is_missing(path):
        return _found(path, [], "no such file or folder")
    return [path]


def _either(match: str) -> list[str]:
    return list(_below(match)) if os.path.isdir(match) else [match]


def _below(folder: str) -> Iterator[str]:
    """Yield the result files below a folder, hidden ones left out, in sorted order."""
    closed: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=lambda e: closed.append(e.filename)):
        yield from closed
        closed.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(parent, name)
    yield from closed


def _is_missing(path: str) -> bool:
    """Tell whether a path leads nowhere; one through a locked folder may lead somewhere."""
    try:
        os.lstat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return False


def _found(path: str, files: Iterator[str] | list[str], found: str) -> list[str]:
    listed = list(files)
    if not listed:
        fault = Fault(place="path", found=found, expected=f"files named *{', *'.join(SUFFIXES)}")
        raise FormatError(path, (fault,))
    return listed
