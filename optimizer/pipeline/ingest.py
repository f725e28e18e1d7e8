"""From files to the history.

Files are written in batches while the next ones are prepared: a file is stored whole or not at all,
and other processes wait for the history no longer than a batch takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from optimizer.history import queries
from optimizer.history.columns import ReadyFile
from optimizer.history.recording import Recorded, record, record_rejects
from optimizer.history.store import open_history, read_history
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError, NoHistoryError
from optimizer.models.ingest import FileOutcome, FileStatus
from optimizer.models.summaries import Reject
from optimizer.pipeline.preparing import (
    FilesJob,
    Item,
    Preparation,
    Read,
    is_large,
    is_rejected,
    n_tasks,
    prepared,
    rejected,
)

BATCH_ROWS = 245_760
"""Tasks that are written together: two row groups of DuckDB, which so need not be rewritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestJob(FilesJob):
    """What to ingest, and how.

    Attributes:
        store: The history.
    """

    store: Path


def ingest(paths: Sequence[str], read: Read, job: IngestJob) -> Iterator[FileOutcome]:
    """Store files and yield what became of each, in their order.

    Without `keep_going` the first bad file ends it; the files before it are stored.
    """
    with _gc_paused():
        yield from _ingest(paths, read, job)


def _ingest(paths: Sequence[str], read: Read, job: IngestJob) -> Iterator[FileOutcome]:
    preparation = Preparation(
        read=read, settings=job.settings, known=_known_sources(job), optional=job.optional
    )
    with _Writer(job) as writer:
        for item in prepared(paths, preparation):
            if is_large(item):
                yield from writer.finish()
            writer.put(item)
            if is_large(item) or is_rejected(item) or writer.n_tasks >= BATCH_ROWS:
                yield from writer.finish()
            if job.told is not None:
                job.told(n_tasks(item))
            if writer.has_rejected and not job.keep_going:
                return
        yield from writer.finish()


class _Writer:
    """Writes files in batches, each while it is taken, and says what became of each."""

    def __init__(self, job: IngestJob) -> None:
        self._job = job
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._items: list[Item] = []
        self._files: SimpleQueue[ReadyFile | None] = SimpleQueue()
        self._running: Future[list[FileOutcome]] | None = None
        self.n_tasks = 0
        self.has_rejected = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Bring the running batch to its end, so that what it was given is stored."""
        self._files.put(None)
        self._thread.shutdown()

    def put(self, item: Item) -> None:
        """Take one more file into the batch."""
        self._items.append(item)
        if isinstance(item, ReadyFile):
            self.n_tasks += n_tasks(item)
            if self._running is None:
                self._files = SimpleQueue()  # a batch that failed leaves its end in the old one
                self._running = self._thread.submit(_write, self._files, self._job)
            self._files.put(item)

    def finish(self) -> list[FileOutcome]:
        """End the batch and return what became of its files, in their order."""
        written: Iterator[FileOutcome] = iter(())
        if self._running is not None:
            self._files.put(None)
            written = iter(self._running.result())
        outcomes = [i if isinstance(i, FileOutcome) else next(written) for i in self._items]
        rejects = [outcome for outcome in outcomes if is_rejected(outcome)]
        if rejects:
            self.has_rejected = True
            _write_rejects(rejects, self._job)
        self._items, self._running, self.n_tasks = [], None, 0
        return outcomes


def _known_sources(job: IngestJob) -> Mapping[str, tuple[tuple[str, str], ...]]:
    try:
        with read_history(job.store, lock_timeout_s=job.settings.lock_timeout_s) as history:
            return queries.known_sources(history)
    except NoHistoryError:
        return {}


def _write(files: SimpleQueue[ReadyFile | None], job: IngestJob) -> list[FileOutcome]:
    """Write the files of a batch as they come, until None comes, in one transaction."""
    taken: list[ReadyFile] = []

    def coming() -> Iterator[ReadyFile]:
        while (file := files.get()) is not None:
            taken.append(file)
            yield file

    with open_history(
        job.store, lock_timeout_s=job.settings.lock_timeout_s, now=job.now
    ) as history:
        try:
            recorded = record(
                history,
                coming(),
                job.settings,
                replace=job.replace,
                actor=job.actor,
                now=job.now,
            )
        except FormatError as error:  # only of a large file, which is written alone
            return [rejected(taken[0].source.path, error)]
    return [_outcome(file, what) for file, what in zip(taken, recorded, strict=True)]


def _write_rejects(rejects: Sequence[FileOutcome], job: IngestJob) -> None:
    with open_history(
        job.store, lock_timeout_s=job.settings.lock_timeout_s, now=job.now
    ) as history:
        record_rejects(history, [_reject(outcome, job.now) for outcome in rejects])


def _outcome(file: ReadyFile, recorded: Recorded) -> FileOutcome:
    path = file.source.path
    if recorded.conflict is not None:
        return FileOutcome(
            path=path,
            status=FileStatus.REJECTED,
            run_ids=recorded.run_ids,
            reason=f"{path}: run {recorded.conflict!r} is already stored with other content",
            hint="Replace it with --replace; its old file stays in the history.",
        )
    if not recorded.n_new_runs:
        return FileOutcome(path=path, status=FileStatus.UNCHANGED, run_ids=recorded.run_ids)
    return FileOutcome(
        path=path,
        status=FileStatus.REPLACED if recorded.replaced else FileStatus.STORED,
        run_ids=recorded.run_ids,
        n_tasks=recorded.n_tasks,
        n_redacted=file.source.n_redacted,
        warnings=tuple(text for run in file.runs for text in run.header.warnings),
    )


def _reject(outcome: FileOutcome, now: datetime) -> Reject:
    return Reject(path=outcome.path, reason=outcome.reason or "", rejected_at=now)


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Keep the garbage collector from looking through the rows; they hold no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
