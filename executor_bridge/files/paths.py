"""What the user asked to read: folders, patterns and files, as a list of files."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError

STDIN = "-"
PACKED = ("", ".gz", ".zst")
"""What a compressed file has behind its name."""

SUFFIXES = tuple(f"{kind}{packed}" for kind in (".json", ".jsonl") for packed in PACKED)
"""Names of result files: in a folder of results such a file is meant to be read."""

OTHER_SUFFIXES = (
    *(f"{kind}{packed}" for kind in (".csv", ".tsv", ".yaml", ".yml", ".xml") for packed in PACKED),
    ".parquet",
    ".eval",
)
"""Names of files that may be results: in a folder they are read if a bridge recognizes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to be read.

    Attributes:
        path: Where it is.
        may_be_other: Whether it was found in a folder and may be something else than results.
    """

    path: str
    may_be_other: bool = False


def expand(paths: Sequence[str]) -> list[str]:
    """Return the files meant by paths, each once, in the order asked for; see `found`.

    Raises:
        FormatError: A path stands for nothing.
    """
    return [file.path for file in found(paths)]


def found(paths: Sequence[str]) -> list[Found]:
    """Return the files meant by paths, each once, in the order asked for.

    A folder stands for the files below it that are results or may be, sorted; hidden ones are
    left out, and so are pipes and devices. What cannot be looked into stands for itself, so that
    reading it says why. A pattern that the shell did not expand is expanded here. `-` is standard
    input.

    Raises:
        FormatError: A path stands for nothing.
    """
    files: dict[str, Found] = {}
    for path in paths:
        for file in _files(path):
            known = files.get(file.path)
            if known is None or known.may_be_other:
                files[file.path] = file
    return list(files.values())


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


def _files(path: str) -> list[Found]:
    """Return the files one path stands for, at least one."""
    if path == STDIN:
        return [Found(path=path)]
    if os.path.isdir(path):
        return _some(path, list(_below(path)), "a folder with no result file")
    if not os.path.exists(path) and glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))
        below = [file for match in matches for file in _either(match)]
        return _some(path, below, "a pattern that matches no result file")
    if _is_missing(path):
        return _some(path, [], "no such file or folder")
    return [Found(path=path)]


def _either(match: str) -> list[Found]:
    return list(_below(match)) if os.path.isdir(match) else [Found(path=match)]


def _below(folder: str) -> Iterator[Found]:
    """Yield the files below a folder that may be results, hidden ones left out, sorted."""
    closed: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=lambda e: closed.append(e.filename)):
        yield from (Found(path=path) for path in closed)
        closed.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            is_other = name.endswith(OTHER_SUFFIXES)
            path = os.path.join(parent, name)
            is_meant = (is_other or name.endswith(SUFFIXES)) and not name.startswith(".")
            if is_meant and not _is_endless(path):
                yield Found(path=path, may_be_other=is_other)
    yield from (Found(path=path) for path in closed)


def _is_endless(path: str) -> bool:
    """Tell whether a path leads to what may never end: a pipe, a socket or a device."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _is_missing(path: str) -> bool:
    """Tell whether a path leads nowhere; one through a locked folder may lead somewhere."""
    try:
        os.lstat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return False


def _some(path: str, files: list[Found], what: str) -> list[Found]:
    if not files:
        plain = [suffix for suffix in (*SUFFIXES, *OTHER_SUFFIXES) if suffix.count(".") == 1]
        names = f"files named *{', *'.join(plain)}, or such with .gz or .zst"
        raise FormatError(path, (Fault(place="path", found=what, expected=names),))
    return files
