"""Decide on many workflows: by the batch, in several processes, stored round by round.

Every process reads the history by itself, a batch of workflows at a time, and gives back decisions
as they will be written, so that little goes from one to the other. Readers keep writers out: a
round of batches is decided on, then stored, then the next one begins. So what is held at a time
does not grow with the number of workflows.
"""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import msgspec

from optimizer.config.tree import Config
from optimizer.history.deciding import ReadyDecision, as_stored, ready_decision, record_ready
from optimizer.history.store import FEW_ROW_GROUP_ROWS, open_history, read_history
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, Made, failures
from optimizer.models.errors import OptimizerError
from optimizer.pipeline.decide import decide, worst_margin
from optimizer.pipeline.workers import begin_worker

BATCH = 400
"""Most workflows that are asked about together: more at a time ask for less each."""

ROUND = 6
"""Batches that are stored together, for each process at least one."""

FEW = 256
"""Up to so many are decided on faster than other processes have started."""

WARM = 3
"""So many are decided on before there are other processes, which then have loaded all it takes."""

T = TypeVar("T")

Tell = Callable[[Decision], str]
"""Writes a decision down for whoever asked; a function by its name, which passes to processes."""

Watch = Callable[[int, int], None]
"""Is told of how many more workflows there is a decision, and how many proposals it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """How to decide on many workflows.

    Attributes:
        store: The history.
        config: The settings.
        config_sha256: Their hash.
        as_of: Runs that ended later are not seen; None: all are.
        now: The time of deciding, UTC.
        fail_fast: Whether a strategy that fails ends it.
        only: The strategies that are asked; empty: all.
        lock_timeout_s: How long to wait for another process that has the history open, in seconds.
        n_processes: How many processes share the work.
        batch: How many workflows are asked about together at most.
        tell: How decisions are written for whoever asked; None: as they are stored.
    """

    store: Path
    config: Config
    config_sha256: str
    as_of: datetime | None
    now: datetime
    fail_fast: bool
    lock_timeout_s: float
    n_processes: int
    only: tuple[str, ...] = ()
    batch: int = BATCH
    tell: Tell | None = None


class Told(NamedTuple):
    """A decision that is stored, as it is told of; a tuple, as `ReadyDecision`.

    Attributes:
        workflow_id: The workflow.
        margin: The smallest margin of the rules as a share of its threshold; inf where none is.
        failures: The strategies that failed, each with how.
        text: The decision as the job wants it written.
    """

    workflow_id: str
    margin: float
    failures: tuple[tuple[str, str], ...]
    text: str


def decide_all(
    workflow_ids: Sequence[str], job: BatchJob, *, actor: str, watch: Watch | None = None
) -> Iterator[list[Told]]:
    """Decide on workflows and store it; yield what is stored, round by round in their order.

    What was made before an interrupt is stored too.

    Args:
        workflow_ids: The workflows.
        job: How to decide.
        actor: Who, for the audit log.
        watch: Is told of every batch.

    Raises:
        OptimizerError: A process was killed; what was made before is stored.
    """
    is_shared = job.n_processes > 1 and len(workflow_ids) > max(FEW, WARM)
    n_here = WARM if is_shared else 0
    made = _decide(job, workflow_ids[:n_here]) if n_here else []
    batches = _cut(workflow_ids[n_here:], _size(len(workflow_ids), job))
    with _asked(job, is_shared=is_shared) as ask:
        for part in _cut(batches, max(ROUND, job.n_processes)):
            try:
                n_told = 0
                for batch in ask(part):
                    made += batch
                    if watch is not None:
                        watch(len(made) - n_told, sum(one.n_proposals for one in made[n_told:]))
                    n_told = len(made)
            finally:
                stored = _stored(made, job, actor)
            yield stored
            made = []


def _size(n_workflows: int, job: BatchJob) -> int:
    """Return how many go into a batch, so that every process has as much to do."""
    n_batches = job.n_processes * math.ceil(n_workflows / (job.batch * job.n_processes))
    return min(job.batch, math.ceil(n_workflows / max(n_batches, 1)) or 1)


def _cut(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return items in pieces of one size but for the last."""
    return [items[place : place + size] for place in range(0, len(items), size)]


def as_decision(text: str) -> Decision:
    """Return a decision from what `Told.text` holds of it as it is stored."""
    return msgspec.json.decode(text, type=Decision)


class _Filed(NamedTuple):
    """A decision that is ready to be stored, with what is told of it."""

    ready: ReadyDecision
    told: Told
    n_proposals: int


Ask = Callable[[Iterable[Sequence[str]]], Iterator[list[_Filed]]]


@contextmanager
def _asked(job: BatchJob, *, is_shared: bool) -> Iterator[Ask]:
    """Give what decides on batches, here or in other processes."""
    one = partial(_decide, job)
    if not is_shared:
        yield partial(map, one)
        return
    how = get_context(_start_method())
    pool = ProcessPoolExecutor(job.n_processes, how, _started, (os.getpid(),))
    try:
        yield partial(pool.map, one)
    except BrokenProcessPool as error:
        raise OptimizerError(
            "decide --all: one of its processes was killed, expected it to finish",
            hint="What was made before is stored: run it again, with --jobs 1 if memory is short.",
        ) from error
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        pool.shutdown()


def _start_method() -> Literal["fork", "spawn"]:
    """Fork where that is safe: other processes then need not load the program again."""
    is_safe = sys.platform == "linux" and threading.active_count() == 1
    return "fork" if is_safe else "spawn"


def _started(parent: int) -> None:
    """Work for the process that stores what is made; collect garbage when told."""
    begin_worker(parent)
    gc.disable()
    gc.freeze()


def _decide(job: BatchJob, workflow_ids: Sequence[str]) -> list[_Filed]:
    with read_history(job.store, lock_timeout_s=job.lock_timeout_s) as history:
        if job.n_processes > 1:
            history.connection.execute("SET threads = 1").fetchall()
        made = decide(
            history,
            workflow_ids=workflow_ids,
            variant=None,
            as_of=job.as_of,
            config=job.config,
            config_sha256=job.config_sha256,
            now=job.now,
            fail_fast=job.fail_fast,
            only=job.only,
            is_missing_fine=True,
        )
    return [_filed(one, job.tell) for one in made]


def _filed(made: Made, tell: Tell | None) -> _Filed:
    ready = ready_decision(made)
    told = _told(made.decision, ready.body if tell is None else tell(made.decision))
    return _Filed(ready=ready, told=told, n_proposals=ready.n_proposals)


def _told(decision: Decision, text: str) -> Told:
    return Told(
        workflow_id=decision.workflow_id,
        margin=worst_margin(decision.explanation),
        failures=failures(decision),
        text=text,
    )


def _stored(made: Sequence[_Filed], job: BatchJob, actor: str) -> list[Told]:
    """Store decisions and return what is stored: one that was before stays as it was."""
    if not made:
        return []
    with open_history(
        job.store,
        lock_timeout_s=job.lock_timeout_s,
        now=job.now,
        create=False,
        row_group_rows=FEW_ROW_GROUP_ROWS,
    ) as history:
        known = record_ready(history, [one.ready for one in made], actor=actor)
    tell = job.tell or as_stored
    ids = [one.ready.decision_id for one in made]
    return [
        _told(known[name], tell(known[name])) if name in known else one.told
        for name, one in zip(ids, made, strict=True)
    ]
