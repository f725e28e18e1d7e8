"""From files, or a history, to a lake."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from optimizer.history.columns import ReadyFile
from optimizer.history.lake import connected
from optimizer.history.lakes.names import DECISIONS, RUNS, Version
from optimizer.history.lakes.places import place_of
from optimizer.history.lakes.writing import Judged, Publisher, decision_contents, run_contents
from optimizer.history.recording import record
from optimizer.history.store import History, open_history, read_history, temporary_history
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError
from optimizer.models.ingest import FileOutcome, FileStatus
from optimizer.models.lakes import StorePublished
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

BATCH_ROWS = 100_000
BATCH_RUNS = 200
BATCH_BYTES = 2**26
"""Tasks, runs and bytes of files that are published together, at most about so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishJob(FilesJob):
    """What to publish, and how.

    Attributes:
        lake: A folder, or s3://bucket/prefix.
    """

    lake: str


def publish(paths: Sequence[str], read: Read, job: PublishJob) -> Iterator[FileOutcome]:
    """Publish files and yield what became of each, in their order.

    Without `keep_going` the first bad file ends it; the files before it are published.

    Raises:
        HistoryError: The lake cannot be used.
    """
    preparation = Preparation(read=read, settings=job.settings, known={}, optional=job.optional)
    with place_of(job.lake) as place, connected(place) as history:
        batch = _Batch(Publisher(place, history, job.now), job)
        for item in prepared(paths, preparation):
            if is_large(item):
                yield from batch.finish()
            batch.put(item)
            if is_large(item) or batch.has_rejected or batch.is_full:
                yield from batch.finish()
            if job.told is not None:
                job.told(n_tasks(item))
            if batch.has_rejected and not job.keep_going:
                return
        yield from batch.finish()


def publish_store(
    store: Path, job: PublishJob, *, told: Callable[[int, int], None] | None = None
) -> StorePublished:
    """Publish the runs and decisions of a history that a lake lacks.

    A decision that has moved on since it was published is published again.

    Raises:
        HistoryError: The history or the lake cannot be used.
    """
    with (
        place_of(job.lake) as place,
        connected(place) as empty,
        read_history(store, lock_timeout_s=job.settings.lock_timeout_s) as history,
    ):
        publisher = Publisher(place, empty, job.now)
        runs, decisions = run_contents(history), decision_contents(history)
        new, conflicts = dict[str, Version](), list[str]()
        for run_id, content in runs.items():
            judged = publisher.judge(RUNS, {run_id: content}, replace=job.replace)
            new |= judged.new
            conflicts += [judged.conflict] if judged.conflict is not None else []
        changed = publisher.judge(DECISIONS, decisions, replace=True).new
        n_done, n_all = 0, len(new) + len(changed)
        for kind, versions in ((RUNS, new), (DECISIONS, changed)):
            for few in _few(versions):
                if told is not None:
                    told(n_done, n_all)
                publisher.write(history, kind, few)
                n_done += len(few)
    n_known = len(runs) + len(decisions) - len(new) - len(changed) - len(conflicts)
    return StorePublished(
        lake=job.lake,
        n_runs=len(new),
        n_decisions=len(changed),
        n_unchanged=n_known,
        conflicts=tuple(conflicts),
    )


class _Batch:
    """Files that are published together."""

    def __init__(self, publisher: Publisher, job: PublishJob) -> None:
        self._publisher = publisher
        self._job = job
        self._files: list[ReadyFile] = []
        self._versions: dict[str, Version] = {}
        self._outcomes: list[FileOutcome] = []
        self._n_tasks = self._n_bytes = 0
        self.has_rejected = False

    @property
    def is_full(self) -> bool:
        """Whether it is time to publish."""
        return (
            self._n_tasks >= BATCH_ROWS
            or self._n_bytes >= BATCH_BYTES
            or len(self._versions) >= BATCH_RUNS
        )

    def put(self, item: Item) -> None:
        """Take one more file, unless nothing is to be done with it."""
        outcome = item if isinstance(item, FileOutcome) else self._judged(item)
        self._outcomes.append(outcome)
        self.has_rejected |= is_rejected(outcome)

    def finish(self) -> list[FileOutcome]:
        """Publish what was taken and return what became of the files, in their order."""
        outcomes, files, versions = self._outcomes, self._files, self._versions
        self._outcomes, self._files, self._versions = [], [], {}
        self._n_tasks = self._n_bytes = 0
        if not files:
            return outcomes
        large = any(map(is_large, files))
        with _scratch(self._job.now, on_disk=large) as history:
            try:
                record(
                    history,
                    files,
                    self._job.settings,
                    replace=True,
                    actor=self._job.actor,
                    now=self._job.now,
                )
            except FormatError as error:  # only of a large file, which is published alone
                self.has_rejected = True
                return [rejected(files[0].source.path, error)]
            self._publisher.write(history, RUNS, versions)
        return outcomes

    def _judged(self, file: ReadyFile) -> FileOutcome:
        path = file.source.path
        contents = {run.header.run_id: run.header.content_sha256 for run in file.runs}
        judged = self._publisher.judge(RUNS, contents, replace=self._job.replace)
        if judged.conflict is not None:
            where = self._publisher.where(judged.conflict)
            return _conflicting(path, tuple(contents), judged.conflict, where)
        if not judged.new:
            return FileOutcome(path=path, status=FileStatus.UNCHANGED, run_ids=tuple(contents))
        return self._taken(file, judged)

    def _taken(self, file: ReadyFile, judged: Judged) -> FileOutcome:
        self._publisher.accept(RUNS, judged)
        self._versions |= judged.new
        runs = tuple(run for run in file.runs if run.header.run_id in judged.new)
        taken = replace(file, runs=runs)
        n = n_tasks(taken)
        self._files.append(taken)
        self._n_tasks += n
        self._n_bytes += file.source.n_bytes
        return FileOutcome(
            path=file.source.path,
            status=FileStatus.REPLACED if judged.replaced else FileStatus.STORED,
            run_ids=tuple(run.header.run_id for run in file.runs),
            n_tasks=n,
            n_redacted=file.source.n_redacted,
            warnings=tuple(text for run in file.runs for text in run.header.warnings),
        )


@contextmanager
def _scratch(now: datetime, *, on_disk: bool) -> Iterator[History]:
    """Make a history that is gone afterwards; one on disk holds what is larger than memory."""
    if not on_disk:
        with temporary_history(now) as history:
            yield history
        return
    with (
        tempfile.TemporaryDirectory(prefix="optimizer-publish-") as folder,
        open_history(Path(folder) / "history.duckdb", lock_timeout_s=0, now=now) as history,
    ):
        yield history


def _few(versions: Mapping[str, Version]) -> Iterator[dict[str, Version]]:
    ids = list(versions)
    for first in range(0, len(ids), BATCH_RUNS):
        yield {one: versions[one] for one in ids[first : first + BATCH_RUNS]}


def _conflicting(path: str, run_ids: tuple[str, ...], run_id: str, where: str) -> FileOutcome:
    text = f"{path}: run {run_id!r} is already published with other content, in {where}"
    hint = "Publish it in place of the other with --replace."
    return FileOutcome(
        path=path, status=FileStatus.REJECTED, reason=text, hint=hint, run_ids=run_ids
    )
