"""Decisions on every workflow of a history: how many a second, and where the time goes.

    python benchmarks/decide_all.py DATABASE

Prints one JSON object. `all` is `decide --all --json` on a copy of the history, as a user runs it:
workflows a second of the clock and of one core's time, and the largest process. `stages` is the
time of one core per workflow, in us, of what a single process does of it; imports are not counted.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.payload import as_item
from optimizer.config.tree import DEFAULTS
from optimizer.history import queries
from optimizer.history.deciding import ready_decision, record_ready
from optimizer.history.store import open_history, read_history
from optimizer.models.decisions import Made
from optimizer.pipeline import decide as deciding
from optimizer.pipeline.batch import BATCH

MOST = 2_000
"""Workflows that the stages are measured on."""

US = 1e6


def whole(database: Path, folder: Path) -> dict[str, float]:
    """Decide on all of them as a user does."""
    store = Path(shutil.copy(database, folder / "all.duckdb"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "cli", "decide", "--all", "--json", "--store", str(store)]
    with (folder / "out.json").open("wb") as out:
        subprocess.run(command, stdout=out, check=True, env=dict(os.environ))
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    n = len(json.loads((folder / "out.json").read_bytes())["items"])
    return {
        "n": n,
        "per_s": n / seconds,
        "per_cpu_s": n / cpu_s,
        "cpu_us": US * cpu_s / n,
        "peak_mb": after.ru_maxrss / 1024,
    }


class Stages:
    """The time of this thread inside of functions, by stage."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Count the time of a function, wherever it is looked up in its owner."""
        plain = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with_stage = time.thread_time()
            try:
                return plain(*args, **kwargs)
            finally:
                self.spent[stage] += time.thread_time() - with_stage

        setattr(owner, name, timed)

    def run(self, stage: str, work: Callable[[], Any]) -> Any:
        """Do something and count its time."""
        start = time.thread_time()
        found = work()
        self.spent[stage] += time.thread_time() - start
        return found


def stages(database: Path, folder: Path) -> dict[str, float]:
    """Do what one process does of it, stage by stage."""
    timed = Stages()
    for owner, name, stage in (
        (queries, "_asked", "evidence_sql"),
        (deciding, "evidence", "evidence"),
        (deciding, "first_looks", "studies"),
        (deciding, "studied", "studies"),
        (deciding, "ask_each", "strategies"),
        (deciding, "review", "review"),
        (deciding, "_digest", "ids"),
    ):
        timed.watch(owner, name, stage)
    store = Path(shutil.copy(database, folder / "stages.duckdb"))
    made: list[Made] = []
    asked: dict[str, Any] = {
        "variant": None,
        "as_of": None,
        "config": DEFAULTS,
        "config_sha256": "",
        "now": datetime.now(UTC),
    }
    gc.disable()  # as the command line does
    with read_history(store, lock_timeout_s=1) as history:
        history.connection.execute("SET threads = 1").fetchall()
        names = [one.workflow_id for one in queries.workflows(history)][:MOST]
        deciding.decide(history, workflow_ids=names[:1], **asked)  # imports
        timed.spent.clear()
        for place in range(0, len(names), BATCH):
            some = names[place : place + BATCH]
            made += timed.run(
                "deciding", lambda some=some: deciding.decide(history, workflow_ids=some, **asked)
            )
    ready = timed.run("rows", lambda: list(map(ready_decision, made)))
    timed.run("output", lambda: [as_item(one.decision) for one in made])

    def write() -> None:
        with open_history(store, lock_timeout_s=1, now=datetime.now(UTC)) as history:
            record_ready(history, ready, actor="benchmark")

    timed.run("record", write)
    spent = {stage: US * seconds / len(names) for stage, seconds in timed.spent.items()}
    spent["evidence_build"] = spent.pop("evidence") - spent["evidence_sql"]
    return dict(sorted(spent.items(), key=lambda pair: -pair[1]))


if __name__ == "__main__":
    with TemporaryDirectory() as made_for:
        store_file, scratch = Path(sys.argv[1]), Path(made_for)
        found = {"all": whole(store_file, scratch), "stages": stages(store_file, scratch)}
    print(json.dumps(found))
