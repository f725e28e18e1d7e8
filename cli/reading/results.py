"""Reading the files that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.terminal.stages import stage
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import MAY_NOT_READ, ConfigError, SelectionError

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.settings import PayloadPolicy
    from optimizer.history.store import History
    from optimizer.models.tasks import Reading

FILE_SUFFIXES = frozenset(
    {".json", ".jsonl", ".gz", ".zst", ".yaml", ".yml", ".csv", ".tsv", ".xml", ".eval", ".parquet"}
)
SHOWN_RUNS = 10
"""How many runs an ambiguous choice lists."""

BLOCK = 1 << 20
"""Bytes of a file that are read at once."""


def read_file(path: str, here: Session) -> Reading:
    """Read one file, or standard input for `-`.

    Raises:
        FormatError: It cannot be read.
    """
    from executor_bridge import read

    if path == "-" and sys.stdin is None:
        raise ConfigError("-: there is no standard input to read")
    stdin = sys.stdin.buffer if path == "-" else None
    stage(f"read {path}")
    found = read(path, here.loaded.config.ingest, stdin=stdin, received_at=here.now)
    stage("work")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Runs that are meant, and the history they are in: the stored one, or one made of a file."""

    history: History
    run_ids: tuple[str, ...]


@contextmanager
def chosen_runs(
    selector: str,
    here: Session,
    *,
    run: str | None,
    outputs: Sequence[Path] | None,
    texts: bool = False,
) -> Iterator[Chosen]:
    """Open the runs that are meant: those of a file, or one of the history.

    Args:
        selector: The file, or a run where there is no such file.
        here: The session.
        run: Which run of a file; all of them where None.
        outputs: Files that will be written.
        texts: Whether the texts of cases will be asked for.

    Raises:
        FormatError: The file cannot be read.
        SelectionError: No run is meant.
    """
    from optimizer.history.settings import PayloadPolicy
    from optimizer.history.store import read_history
    from optimizer.pipeline.select import select_run

    if is_file(selector) or not here.has_store:
        kept = PayloadPolicy.FULL if texts else PayloadPolicy.NONE
        with history_of_file(selector, here, outputs=outputs, payloads=kept) as opened:
            history, run_ids = opened
            chosen = run_ids if run is None else [run_of(run_ids, run, selector)]
            yield Chosen(history=history, run_ids=tuple(chosen))
    else:
        with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
            yield Chosen(history=history, run_ids=(select_run(history, selector),))


@contextmanager
def history_of_file(
    file: str,
    here: Session,
    *,
    outputs: Sequence[Path] | None,
    payloads: PayloadPolicy | None = None,
) -> Iterator[tuple[History, list[str]]]:
    """Open a history of the runs of a file, with their ids, and what is said of its texts.

    Raises:
        FormatError: The file cannot be read.
    """
    from optimizer.history.settings import PayloadPolicy
    from optimizer.pipeline.view import history_of

    for path in outputs or ():
        if Path(file).exists() and path.exists() and path.samefile(file):
            raise ConfigError(f"{path}: is the file that is read, it cannot be written as well")
    reading = read_file(file, here)
    kept = payloads or PayloadPolicy.NONE
    with history_of([reading], here.now, payloads=kept) as history:
        yield history, [found.header.run_id for found in reading.runs]


def is_file(selector: str) -> bool:
    """Say whether a selector names a file, be it there or not."""
    path = Path(selector)
    if selector == "-" or path.exists():
        return True
    return ":" not in selector and (path.parent != Path() or path.suffix in FILE_SUFFIXES)


def file_named(selector: str) -> str | None:
    """Return the file that a selector is the path of, as seen from here; None: it is a run."""
    path = Path(selector)
    if not path.is_file():
        return None
    absolute, here = path.absolute(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def line_count(path: str) -> int | None:
    """Return how many lines a text has; None: the file is no text."""
    count, last = 0, b"\n"
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            if b"\0" in block:
                return None
            count, last = count + block.count(b"\n"), block[-1:]
    return count + (last != b"\n")


def run_of(run_ids: Sequence[str], wanted: str | None, file: str) -> str:
    """Return the run that is meant among those of a file.

    Raises:
        SelectionError: No run is meant, or more than one.
    """
    found = [run_id for run_id in run_ids if wanted is None or run_id.startswith(wanted)]
    if wanted is not None and wanted in found:
        return wanted
    if len(found) == 1:
        return found[0]
    raise SelectionError(
        f"{file}: {len(found)} runs are meant, expected one of {', '.join(run_ids[:SHOWN_RUNS])}",
        hint="Choose one with --run.",
    )


def read_prompt(path: Path | None) -> str | None:
    """Read the text of a prompt, or None where no file is named.

    Raises:
        ConfigError: It cannot be read, or is empty.
    """
    return None if path is None else read_text(path, "prompt")


def read_text(path: Path, what: str) -> str:
    """Read a text file.

    Raises:
        ConfigError: It cannot be read, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        hint = MAY_NOT_READ if isinstance(error, PermissionError) else None
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8") from error
    if not text.strip():
        raise ConfigError(f"{path}: the {what} is empty, expected text")
    return text
