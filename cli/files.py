"""Files that a command writes: the format by the ending, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import note
from cli.payload import as_json
from optimizer.models.errors import ConfigError
from optimizer.models.nearest import meant

if TYPE_CHECKING:
    from cli.payloads import Payload
    from reports.document import Document

JSON = ".json"
JUNIT = ".junit.xml"
SUFFIXES = (".html", ".md", ".txt", JSON, ".svg", ".png")
GATE_SUFFIXES = (*SUFFIXES, JUNIT)


def known_suffixes(paths: list[Path] | None) -> list[Path] | None:
    """Return files to write, all of a format that can be written.

    Raises:
        ConfigError: One is not.
    """
    return _all_known(paths, SUFFIXES)


def known_gate_suffixes(paths: list[Path] | None) -> list[Path] | None:
    """Return files to write of a gate, all of a format that can be written.

    Raises:
        ConfigError: One is not.
    """
    return _all_known(paths, GATE_SUFFIXES)


def suffix_of(path: Path) -> str:
    """Return the ending of a file's name that tells its format."""
    return JUNIT if path.name.lower().endswith(JUNIT) else path.suffix.lower()


def write_reports(paths: Sequence[Path], document: Document, payload: Payload) -> None:
    """Write a report to files, each in the format of its ending.

    Raises:
        ConfigError: One cannot be written, or its format cannot hold this report.
    """
    from reports.render.files import render

    for path in paths:
        suffix = suffix_of(path)
        write_file(path, as_json(payload) if suffix == JSON else render(document, suffix))
        note(f"wrote {path}")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    write_pieces(path, [content.encode() if isinstance(content, str) else content])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all, as its pieces come.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    beside = path.parent / f".{os.getpid()}.part"
    try:
        with beside.open("wb") as file:
            file.writelines(pieces)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _all_known(paths: list[Path] | None, suffixes: Sequence[str]) -> list[Path] | None:
    for path in paths or ():
        if suffix_of(path) not in suffixes:
            found = f"as {path.suffix}" if path.suffix else "without a suffix"
            raise ConfigError(
                f"{path}: cannot be written {found}, must end in {', '.join(suffixes)}",
                hint=meant(path.suffix, suffixes) if path.suffix else None,
            )
    return paths
