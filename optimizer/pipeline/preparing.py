"""Files made ready to be written, in other processes where that pays.

Decoding is Python's work and holds its lock, so threads do not help; other processes prepare while
this one writes. Processes are forked, and only on Linux: elsewhere starting them takes longer than
they save.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from itertools import islice
from multiprocessing import get_context

from optimizer.history.columns import ReadyFile, prepare
from optimizer.history.settings import StoreSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError, HistoryError, UnrecognizedError
from optimizer.models.ingest import FileOutcome, FileStatus
from optimizer.models.names import legible
from optimizer.models.tasks import Reading
from optimizer.pipeline.handing import Places
from optimizer.pipeline.workers import begin_worker

LARGE_BYTES = 32_000_000
"""A larger file is decoded while it is written, block by block, to save memory."""

FORKED_BYTES = 10_000_000
"""Files that hold less in all are prepared without other processes."""

MOST_PROCESSES = 3
AHEAD_BYTES = 80_000_000
MOST_AHEAD = 40
"""Files that are prepared, or wait to be, while a batch is written: so many, of so many bytes."""

STDIN = "-"

Item = ReadyFile | FileOutcome
"""A file to be written, or what became of one that is not."""


Read = Callable[[str], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesJob:
    """What is done with files.

    Attributes:
        settings: What is kept.
        replace: Whether runs of the same name but other content are replaced.
        keep_going: Whether good files are taken although others are bad.
        actor: Who, for the audit log.
        now: The time of it, UTC.
        optional: Files that are left out where no bridge recognizes them.
        told: Called for each file that is ready, with the number of its tasks; a large one is
            ready when it is written.
    """

    settings: StoreSettings
    replace: bool
    keep_going: bool
    actor: str
    now: datetime
    optional: Set[str] = frozenset()
    told: Callable[[int], None] | None = None


def is_rejected(item: Item) -> bool:
    """Tell whether a file was refused."""
    return isinstance(item, FileOutcome) and item.status is FileStatus.REJECTED


def is_large(item: Item) -> bool:
    """Tell whether a file is decoded while it is written."""
    return isinstance(item, ReadyFile) and item.source.n_bytes > LARGE_BYTES


def n_tasks(item: Item) -> int:
    """Return how many tasks a file holds that is to be written."""
    return sum(run.header.n_tasks for run in item.runs) if isinstance(item, ReadyFile) else 0


def rejected(path: str, error: FormatError) -> FileOutcome:
    """Return what became of a file that turned out to be bad while it was written."""
    return FileOutcome(path=path, status=FileStatus.REJECTED, reason=str(error), hint=error.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How files are made ready.

    Attributes:
        read: Reads a file.
        settings: What is kept.
        known: Id and content hash of the runs that are stored from each file, by its hash.
        optional: Files that are left out where no bridge recognizes them.
    """

    read: Read
    settings: StoreSettings
    known: Mapping[str, tuple[tuple[str, str], ...]]
    optional: Set[str] = frozenset()

    def __call__(self, path: str, *, later: bool = False) -> Item:
        """Return a file ready to be written, or what became of it if it will not be."""
        name = legible(path)
        try:
            reading = self.read(path)
            headers = [run.header for run in reading.runs]
            run_ids = tuple(header.run_id for header in headers)
            found = tuple((header.run_id, header.content_sha256) for header in headers)
            if self.known.get(reading.source.sha256) == found:
                return FileOutcome(path=name, status=FileStatus.UNCHANGED, run_ids=run_ids)
            later = later or reading.source.n_bytes > LARGE_BYTES
            return prepare(reading, self.settings, later=later)
        except FormatError as error:
            is_other = isinstance(error, UnrecognizedError) and path in self.optional
            status = FileStatus.LEFT_OUT if is_other else FileStatus.REJECTED
            return FileOutcome(path=name, status=status, reason=str(error), hint=error.hint)


def prepared(paths: Sequence[str], preparation: Preparation) -> Iterator[Item]:
    """Yield files ready to be written, in their order, the next ones being prepared meanwhile.

    Raises:
        HistoryError: Another process that prepares files was stopped from outside.
    """
    small = {path: _n_bytes(path) for path in paths if _n_bytes(path) <= LARGE_BYTES}
    in_processes = _pays(small)
    largest = max(small.values(), default=0)
    n_ahead = max(MOST_PROCESSES, min(MOST_AHEAD, AHEAD_BYTES // (largest or 1)))
    places = Places(2 * n_ahead if in_processes else 0, largest)
    with _executor(preparation, places, in_processes=in_processes) as pool:
        work = _work_in_process if in_processes else _work_in_thread(preparation)

        def begun(path: str) -> _Begun:
            if path not in small:
                return _Begun(path)
            place = places.take()
            return _Begun(path, pool.submit(work, path, place), place)

        for one in _ahead(paths, begun, n_ahead):
            try:
                if one.item is None:
                    yield preparation(one.path, later=True)
                else:
                    yield places.got(one.item.result(), one.place)
            except BrokenProcessPool as error:
                raise HistoryError(
                    f"{one.path}: a process that prepares files was stopped from outside",
                    hint="Was there too little memory? What was written before is stored.",
                ) from error


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file whose preparation was begun; a large one has none."""

    path: str
    item: Future[object] | None = None
    place: int | None = None


def _n_bytes(path: str) -> int:
    """Return the size of a file as far as it is known beforehand."""
    if path == STDIN:
        return LARGE_BYTES + 1
    try:
        return os.path.getsize(path) if os.path.isfile(path) else 0
    except OSError:  # gone since, or locked away: reading it will say so
        return 0


def _pays(sizes: Mapping[str, int]) -> bool:
    enough = len(sizes) > 1 and sum(sizes.values()) > FORKED_BYTES
    return enough and sys.platform == "linux" and (os.cpu_count() or 1) > 1


def _executor(preparation: Preparation, places: Places, *, in_processes: bool) -> Executor:
    if not in_processes:
        return ThreadPoolExecutor(max_workers=1)
    return ProcessPoolExecutor(
        max_workers=min(MOST_PROCESSES, os.cpu_count() or 1),
        mp_context=get_context("fork"),
        initializer=_begin_process,
        initargs=(preparation, places, os.getpid()),
    )


def _ahead(paths: Sequence[str], begun: Callable[[str], _Begun], n_ahead: int) -> Iterator[_Begun]:
    """Yield each file, so many of those behind it begun."""
    todo = iter(paths)
    running = deque(map(begun, islice(todo, n_ahead)))
    try:
        while running:
            yield running.popleft()
            running.extend(map(begun, islice(todo, 1)))
    finally:
        for one in running:
            if one.item is not None:
                one.item.cancel()


class _Process:
    """What a forked process keeps: a preparation cannot travel with every file."""

    preparation: Preparation | None = None
    places: Places | None = None


def _begin_process(preparation: Preparation, places: Places, parent: int) -> None:
    _Process.preparation, _Process.places = preparation, places
    begin_worker(parent)


def _work_in_process(path: str, place: int | None) -> object:
    if _Process.preparation is None or _Process.places is None:
        raise RuntimeError("the process was not begun")
    return _Process.places.put(_Process.preparation(path), place)


def _work_in_thread(preparation: Preparation) -> Callable[[str, int | None], object]:
    return lambda path, _: preparation(path)
