"""The prompt files that a command names: files, folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.models.extract_settings import ExtractSettings
    from optimizer.pipeline.named_files import NamedFile, PassedOver

STDIN = "-"


def prompt_files(
    paths: Sequence[str],
    settings: ExtractSettings,
    passed_over: PassedOver,
    *,
    stdin_name: str = STDIN,
) -> Iterator[NamedFile]:
    """Yield the files that paths name, each once; folders are gone through in order.

    Args:
        paths: As they were named; `-` is standard input.
        settings: Which files of a folder may hold prompts, and how large they may be.
        passed_over: Is told what was left out or could not be read, and why.
        stdin_name: What standard input is called.
    """
    from optimizer.pipeline.named_files import NamedFile, read_bytes

    seen: set[Path] = set()
    for name in paths:
        if name == STDIN:
            yield NamedFile(path=stdin_name, content=_stdin())
            continue
        path = Path(name)
        for file in _in_folder(path, settings, passed_over) if path.is_dir() else (path,):
            if file in seen:
                continue
            seen.add(file)
            try:
                content = read_bytes(file, settings)
                yield NamedFile(path=_shown(file), content=content, is_named=file == path)
            except ConfigError as error:
                passed_over.unreadable.append(str(error))


def _in_folder(folder: Path, settings: ExtractSettings, passed_over: PassedOver) -> Iterator[Path]:
    """Yield the files of a folder that may hold prompts."""
    from optimizer.pipeline.named_files import LEFT_OUT, files_below, is_about_the_folder

    def closed(error: OSError) -> None:
        passed_over.unreadable.append(f"{error.filename}: cannot be read: {error.strerror}")

    for path in files_below(folder, settings, closed):
        if is_about_the_folder(path, settings):
            passed_over.skipped.append(f"{_shown(path)}: {LEFT_OUT}")
        else:
            yield path


def _shown(path: Path) -> str:
    """Return a path relative to the working folder, where it is below it."""
    absolute, here = path.absolute(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ConfigError("-: there is no standard input to read")
    return sys.stdin.buffer.read()
