"""Files that a command is to write, checked before its work starts: their formats and places."""

from __future__ import annotations

import itertools
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from optimizer.models.errors import ConfigError
from optimizer.models.nearest import meant

JSON = ".json"
JUNIT = ".junit.xml"
SARIF = (".sarif", ".sarif.json")
CSV = ".csv"
PARQUET = ".parquet"
PICTURES = (".svg", ".png")
TEXTS = (".html", ".md", ".txt", JSON)
DOCUMENT = (*TEXTS, *PICTURES)
TABLES = (CSV, PARQUET)
ALL = (*DOCUMENT, *TABLES, JUNIT, *SARIF)

OPTIONS = ("-o", "--output")
WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

Checked = Callable[[list[Path] | None], list[Path] | None]


def ending(path: Path) -> str:
    """Return the ending of a file's name that tells its format."""
    name = path.name.lower()
    return next(
        (double for double in (JUNIT, SARIF[1]) if name.endswith(double)), path.suffix.lower()
    )


def ending_in(*endings: str) -> Checked:
    """Return a check of files to write: each of one of these formats, where a file may be.

    The check raises a ConfigError.
    """

    def checked(paths: list[Path] | None) -> list[Path] | None:
        for path in paths or ():
            _require_format(path, endings)
            _require_place(path)
        _require_different(paths or ())
        require_not_read(paths or (), list(_named_beside()))
        return paths

    return checked


def _require_format(path: Path, endings: Sequence[str]) -> None:
    found = ending(path)
    if found in endings:
        return
    known = ", ".join(endings)
    if found in TABLES:
        raise ConfigError(f"{path}: this command has no table to write, must end in {known}")
    how = f"as {found}" if found else "without a suffix"
    raise ConfigError(
        f"{path}: cannot be written {how}, must end in {known}",
        hint=meant(found, endings) if found else None,
    )


def _require_place(path: Path) -> None:
    """Refuse a place where no file can be put."""
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not folder.is_dir():
        raise ConfigError(
            f"{path}: cannot be written: there is no folder {folder_of(path, folder)}",
            hint=f"Make it first: mkdir -p {folder_of(path, folder)}",
        )
    if target.is_dir():
        raise ConfigError(f"{path}: cannot be written: it is a folder, expected a file")
    if not target.exists():
        return
    mode = target.stat().st_mode
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path}: cannot be written: it is a device, expected a file")
    if not mode & WRITABLE or not os.access(target, os.W_OK):
        raise ConfigError(f"{path}: cannot be written: it is read-only")


def require_not_read(paths: Iterable[Path], read: Sequence[str]) -> None:
    """Refuse to write over a file that is read.

    Raises:
        ConfigError: It is one of them.
    """
    for path in paths:
        others = read if path.exists() else ()
        if any(os.path.isfile(name) and path.samefile(name) for name in others):
            raise ConfigError(f"{path}: is the file that is read, it cannot be written as well")


def _named_beside() -> Iterator[str]:
    """Yield what may be files among the words of the command line, but for those to write."""
    for before, word in itertools.pairwise(sys.argv):
        if before not in OPTIONS and not word.startswith(OPTIONS):
            yield word
            yield word.partition("#")[0]
            yield word.partition("=")[2].partition("#")[0]


def folder_of(path: Path, folder: Path) -> Path:
    """Return the folder of a file as it was named, where it was."""
    return folder if path.is_symlink() else path.parent


def _require_different(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        real = os.path.realpath(path)
        if real in seen:
            same = "is named twice" if seen[real] == path else f"is the same file as {seen[real]}"
            raise ConfigError(f"{path}: {same}, expected a file of its own for each format")
        seen[real] = path
