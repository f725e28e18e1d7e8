"""From files to the history.

Files are read and decoded while the history is closed, then written together: a file is stored
whole or not at all, and other processes wait no longer than a block takes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from optimizer.history import queries
from optimizer.history.columns import ReadyFile
from optimizer.history.recording import Recorded, record, record_rejects
from optimizer.history.settings import StoreSettings
from optimizer.history.store import open_history, read_history
from optimizer.models.errors import FormatError, NoHistoryError
from optimizer.models.ingest import FileOutcome, FileStatus
from optimizer.models.summaries import Reject
from optimizer.models.tasks import Reading
from optimizer.pipeline.preparing import LARGE_BYTES, Item, Preparation, prepared

BATCH_ROWS = 122_880
"""Tasks that are written together: a row group of DuckDB, which so need not be written again."""

Read = Callable[[str], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestJob:
    """What to ingest, and how.

    Attributes:
        store: The history.
        settings: What is kept.
        replace: Whether runs of the same name but other content are replaced.
        keep_going: Whether good files are stored although others are bad.
        actor: Who, for the audit log.
        now: The time of ingest, UTC.
    """

    store: Path
    settings: StoreSettings
    replace: bool
    keep_going: bool
    actor: str
    now: datetime


def ingest(paths: Sequence[str], read: Read, job: IngestJob) -> Iterator[FileOutcome]:
    """Store files and yield what became of each, in their order.

    Without `keep_going` the first bad file ends it; the files before it are stored.
    """
    with _gc_paused():
        yield from _ingest(paths, read, job)


def _ingest(paths: Sequence[str], read: Read, job: IngestJob) -> Iterator[FileOutcome]:
    preparation = Preparation(read=read, settings=job.settings, known=_known_sources(job))
    waiting: list[Item] = []
    with _Writer(job) as writer:
        for item in prepared(paths, preparation):
            if _is_large(item):
                yield from writer.write(waiting)
                waiting = []
            waiting.append(item)
            if _is_large(item) or _is_bad(item) or _n_tasks(waiting) >= BATCH_ROWS:
                yield from writer.write(waiting)
                waiting = []
            if _is_bad(item) or writer.has_rejected:
                yield from writer.finish()
            if writer.has_rejected and not job.keep_going:
                return
        yield from writer.write(waiting)
        yield from writer.finish()


class _Writer:
    """Writes one batch of files while the next is decoded."""

    def __init__(self, job: IngestJob) -> None:
        self._job = job
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._running: Future[list[FileOutcome]] | None = None
        self.has_rejected = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the running batch come to its end, so that it is stored whole."""
        self._thread.shutdown()

    def write(self, items: Sequence[Item]) -> list[FileOutcome]:
        """Begin to write a batch, and return what became of the one before."""
        outcomes = self.finish()
        if items:
            self._running = self._thread.submit(_write, items, self._job)
        return outcomes

    def finish(self) -> list[FileOutcome]:
        """Wait for the running batch and return what became of it."""
        outcomes = self._running.result() if self._running else []
        self._running = None
        self.has_rejected = self.has_rejected or any(map(_is_bad, outcomes))
        return outcomes


def _known_sources(job: IngestJob) -> Mapping[str, tuple[str, ...]]:
    try:
        with read_history(job.store, lock_timeout_s=job.settings.lock_timeout_s) as history:
            return queries.known_sources(history)
    except NoHistoryError:
        return {}


def _write(items: Sequence[Item], job: IngestJob) -> list[FileOutcome]:
    """Write the readings among some items, and return the outcome of every item."""
    files = [item for item in items if isinstance(item, ReadyFile)]
    rejects = [item for item in items if isinstance(item, FileOutcome) and _is_bad(item)]
    if not files and not rejects:
        return [item for item in items if isinstance(item, FileOutcome)]
    with open_history(
        job.store, lock_timeout_s=job.settings.lock_timeout_s, now=job.now
    ) as history:
        try:
            recorded = record(
                history,
                files,
                job.settings,
                replace=job.replace,
                actor=job.actor,
                now=job.now,
            )
            written = [_outcome(file, what) for file, what in zip(files, recorded, strict=True)]
        except FormatError as error:  # only of a large file, which is written alone
            written = [_rejected(files[0].source.path, error)]
        rejects += [outcome for outcome in written if _is_bad(outcome)]
        if rejects:
            record_rejects(history, [_reject(outcome, job.now) for outcome in rejects])
    next_written = iter(written)
    return [item if isinstance(item, FileOutcome) else next(next_written) for item in items]


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
    status = FileStatus.REPLACED if recorded.replaced else FileStatus.STORED
    return FileOutcome(
        path=path,
        status=status if recorded.n_new_runs else FileStatus.UNCHANGED,
        run_ids=recorded.run_ids,
        n_tasks=recorded.n_tasks,
        n_redacted=file.source.n_redacted,
        warnings=tuple(text for run in file.runs for text in run.header.warnings),
    )


def _rejected(path: str, error: FormatError) -> FileOutcome:
    return FileOutcome(path=path, status=FileStatus.REJECTED, reason=str(error), hint=error.hint)


def _reject(outcome: FileOutcome, now: datetime) -> Reject:
    return Reject(path=outcome.path, reason=outcome.reason or "", rejected_at=now)


def _is_bad(item: Item) -> bool:
    return isinstance(item, FileOutcome) and item.status is FileStatus.REJECTED


def _is_large(item: Item) -> bool:
    return isinstance(item, ReadyFile) and item.source.n_bytes > LARGE_BYTES


def _n_tasks(items: Sequence[Item]) -> int:
    return sum(
        run.header.n_tasks for item in items if isinstance(item, ReadyFile) for run in item.runs
    )


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
