"""Decide on many workflows: by the batch, in several processes.

Every process reads the history by itself, a batch of workflows at a time, so that nothing but
decisions goes from one to the other. Nothing is stored here: readers keep writers out.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from optimizer.config.tree import Config
from optimizer.history.store import read_history
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Made
from optimizer.pipeline.decide import decide

BATCH = 200
"""Workflows that are asked about together: more at a time ask for less each."""

FEW = 256
"""Up to so many are decided on faster than other processes have started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """How to decide on many workflows.

    Attributes:
        store: The history.
        config: The settings as JSON, which passes between processes.
        config_sha256: Their hash.
        as_of: Runs that ended later are not seen; None: all are.
        now: The time of deciding, UTC.
        fail_fast: Whether a strategy that fails ends it.
        only: The strategies that are asked; empty: all.
        lock_timeout_s: How long to wait for another process that has the history open, in seconds.
        n_processes: How many processes share the work.
    """

    store: Path
    config: str
    config_sha256: str
    as_of: datetime | None
    now: datetime
    fail_fast: bool
    lock_timeout_s: float
    n_processes: int
    only: tuple[str, ...] = ()


def decide_all(workflow_ids: Sequence[str], job: BatchJob) -> Iterator[list[Made]]:
    """Yield the decisions on workflows, batch by batch in their order; nothing is stored."""
    places = range(0, len(workflow_ids), BATCH)
    batches = [workflow_ids[place : place + BATCH] for place in places]
    one = partial(_decide, job)
    if job.n_processes == 1 or len(workflow_ids) <= FEW:
        yield from map(one, batches)
        return
    with ProcessPoolExecutor(job.n_processes, get_context("spawn"), _started) as pool:
        try:
            yield from pool.map(one, batches)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _started() -> None:
    """Leave an interrupt to the process that stores what was made, and collect no garbage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _decide(job: BatchJob, workflow_ids: Sequence[str]) -> list[Made]:
    with read_history(job.store, lock_timeout_s=job.lock_timeout_s) as history:
        if job.n_processes > 1:
            history.connection.execute("SET threads = 1").fetchall()
        return decide(
            history,
            workflow_ids=workflow_ids,
            variant=None,
            as_of=job.as_of,
            config=Config.model_validate_json(job.config),
            config_sha256=job.config_sha256,
            now=job.now,
            fail_fast=job.fail_fast,
            only=job.only,
            is_missing_fine=True,
        )
