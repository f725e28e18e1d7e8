from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from optimizer.history.lake import open_lake
from optimizer.history.lakes.compacting import compact
from optimizer.history.lakes.settings import LakeSettings
from optimizer.models.errors import NoHistoryError

Native = Callable[..., str]
Publish = Callable[..., list[Any]]
Contents = Callable[..., dict[str, list[Any]]]

PUBLISHERS = 8
RUNS_EACH = 10
AT_ONCE = 5
KILLS = 4
TASKS = "+-+"
FORK = get_context("fork")


@contextmanager
def forked(work: Callable[[], object]) -> Iterator[int]:
    """Do something in another process and give its id; it is waited for."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    try:
        yield child
    finally:
        os.waitpid(child, 0)


def seen(lake: Path) -> list[tuple[str, int]]:
    """Every run that a reader sees, with how many of its tasks; () before there is a lake."""
    try:
        with open_lake(lake) as history:
            rows = history.connection.execute(
                "SELECT run_id, count(task_id) FROM runs LEFT JOIN tasks USING (run_id) "
                "GROUP BY run_id, started_at, ingested_at ORDER BY run_id"
            )
            return rows.fetchall()
    except NoHistoryError:
        return []


def publish_few(publish: Publish, paths: list[str], lake: Path) -> None:
    for first in range(0, len(paths), AT_ONCE):
        outcomes = publish(paths[first : first + AT_ONCE], lake)
        assert {outcome.status for outcome in outcomes} == {"stored"}


def compact_often(lake: Path, until: Path) -> None:
    while not until.exists():
        if (lake / "runs").is_dir() and seen(lake):
            compact(lake, LakeSettings(), now=datetime.now(UTC))
        time.sleep(1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "n_each", [RUNS_EACH, pytest.param(25, marks=pytest.mark.faults, id="as_many_as_can_be")]
)
def test_jobs_that_publish_and_compact_at_once_lose_nothing_and_readers_see_whole_runs(
    tmp_path: Path,
    native: Native,
    publish_files: Publish,
    contents: Contents,
    contents_stored: Any,
    n_each: int,
) -> None:
    lake, end = tmp_path / "lake", tmp_path / "end"
    paths = [
        [native(tmp_path, f"r{p}-{i}", TASKS, day=1 + i % 3) for i in range(n_each)]
        for p in range(PUBLISHERS)
    ]
    jobs = [
        FORK.Process(target=publish_few, args=(publish_files, few, lake), daemon=True)
        for few in paths
    ]
    compactor = FORK.Process(target=compact_often, args=(lake, end), daemon=True)
    for job in (*jobs, compactor):
        job.start()
    before: set[str] = set()
    while any(job.is_alive() for job in jobs):
        time.sleep(0.1)
        found = seen(lake)
        assert all(n == len(TASKS) for _, n in found)
        ids = [run_id for run_id, _ in found]
        assert len(ids) == len(set(ids))
        assert before <= set(ids)
        before = set(ids)
    end.touch()
    for job in (*jobs, compactor):
        job.join()
        assert job.exitcode == 0
    flat = [path for few in paths for path in few]
    assert len(seen(lake)) == PUBLISHERS * n_each
    stored = contents_stored(flat, tmp_path / "history.duckdb")
    assert contents(lake) == stored


@pytest.mark.slow
@pytest.mark.parametrize(
    "n_kills", [KILLS, pytest.param(200, marks=pytest.mark.faults, id="two_hundred")]
)
def test_what_was_killed_is_whole_or_not_there_and_doing_it_again_completes_it(
    tmp_path: Path,
    native: Native,
    publish_files: Publish,
    contents: Contents,
    contents_stored: Any,
    n_kills: int,
) -> None:
    chance = random.Random(8)
    paths = [native(tmp_path, f"r{i}", TASKS, day=1 + i % 2) for i in range(40)]
    at_once = LakeSettings(grace_s=0, leftover_age_s=0)
    stored = contents_stored(paths, tmp_path / "history.duckdb")
    n_partly = 0
    for i in range(n_kills // 2):
        lake = tmp_path / f"lake{i}"
        publish_all = partial(publish_files, paths, lake)
        compact_now = partial(compact_at, lake, at_once)
        kill(publish_all, after=chance.uniform(0.02, 0.8))
        found = seen(lake) if lake.exists() else []
        assert all(n == len(TASKS) for _, n in found)
        assert len(found) == len(dict(found))
        n_partly += 0 < len(found) < len(paths)
        publish_all()
        kill(compact_now, after=chance.uniform(0.02, 0.6))
        assert sorted(n for _, n in seen(lake)) == [len(TASKS)] * len(paths)
        compact_now()
        compact_now()
        assert contents(lake) == stored
        assert not list((lake / "_staging").iterdir())
        assert len(list((lake / "tasks").rglob("*.parquet"))) == 2
        shutil.rmtree(lake)
    assert n_partly or n_kills == KILLS


def compact_at(lake: Path, settings: LakeSettings) -> None:
    compact(lake, settings, now=datetime.now(UTC))


def kill(work: Callable[[], object], *, after: float) -> None:
    with forked(work) as child:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX")
