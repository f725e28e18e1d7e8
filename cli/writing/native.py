"""Files that `optimizer convert` writes: which run goes where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import ConfigError, SelectionError

if TYPE_CHECKING:
    from optimizer.models.tasks import Reading, Run

LINES = ".jsonl"
NAME_CHARS = 100
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def native_files(
    reading: Reading, output: str, *, source: str
) -> Iterator[tuple[Path, Sequence[Run]]]:
    """Yield each file to write with the runs that go into it.

    Args:
        reading: What was read.
        output: A file, or a folder where it ends in a slash or is one.
        source: The file that was read, which is not to be overwritten.

    Raises:
        SelectionError: Several runs are to go into a file that holds one.
        ConfigError: The file is the one that is read, or the folder cannot be made.
    """
    target = Path(output)
    runs = reading.runs
    if output.endswith("/") or target.is_dir():
        yield from _in_folder(target, runs)
        return
    if target.exists() and Path(source).exists() and target.samefile(source):
        raise ConfigError(f"{output}: is the file that is read, it cannot be written as well")
    if len(runs) > 1 and target.suffix != LINES:
        raise SelectionError(
            f"{output}: {len(runs)} runs are to be written, expected one",
            hint=f"Write them to {target.stem}{LINES}, one to a line, or to a folder: "
            f"{target.stem}/",
        )
    yield target, runs


def _in_folder(folder: Path, runs: Sequence[Run]) -> Iterator[tuple[Path, Sequence[Run]]]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}") from error
    taken: set[str] = set()
    for run in runs:
        name = NOT_IN_NAMES.sub("_", run.header.run_id)[:NAME_CHARS].lstrip(".") or "run"
        unique = name if name not in taken else f"{name}-{len(taken) + 1}"
        taken.add(unique)
        yield folder / f"{unique}.json", [run]
