"""The prompt files that a command names: files, folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.pipeline.linting import NamedFile

SUFFIXES = frozenset(
    {".md", ".txt", ".prompt", ".j2", ".jinja", ".jinja2", ".yml", ".yaml", ".json", ".py"}
)
"""Endings of the files of a folder that may hold prompts; a file that is named is always read."""

STDIN = "-"


def prompt_files(
    paths: Sequence[str], unreadable: list[str], *, stdin_name: str = STDIN
) -> Iterator[NamedFile]:
    """Yield the files that paths name, each once; folders are gone through in order.

    Args:
        paths: As they were named; `-` is standard input.
        unreadable: Is told what could not be read, and why.
        stdin_name: What standard input is called.
    """
    from optimizer.pipeline.linting import NamedFile

    seen: set[Path] = set()
    for name in paths:
        if name == STDIN:
            yield NamedFile(path=stdin_name, content=_stdin())
            continue
        path = Path(name)
        for file in _in_folder(path) if path.is_dir() else (path,):
            if file in seen:
                continue
            seen.add(file)
            try:
                content = file.read_bytes()
            except OSError as error:
                unreadable.append(f"{file}: {error.strerror or error}")
                continue
            yield NamedFile(path=_shown(file), content=content)


def _in_folder(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that may hold prompts, hidden ones left out."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "node_modules":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _in_folder(path)
        elif path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def _shown(path: Path) -> str:
    """Return a path relative to the working folder, where it is below it."""
    absolute, here = path.absolute(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ConfigError("-: there is no standard input to read")
    return sys.stdin.buffer.read()
