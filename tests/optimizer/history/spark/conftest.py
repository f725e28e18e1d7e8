from __future__ import annotations

import importlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from optimizer.history import queries
from optimizer.history.engines import SparkEngine
from optimizer.history.lake import Part
from optimizer.history.store import History, table_names, temporary_history
from optimizer.models.tasks import UNJUDGED

NOON = datetime(2026, 3, 1, 12)
Rows = dict[str, list[list[Any]]]
N_RUNS = 24
LOOPBACK = "127.0.0.1"
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of Java for processes that end before its better compiler has paid for itself."""

SMALL = {
    "spark.driver.extraJavaOptions": SHORT_LIVED,
    "spark.executor.extraJavaOptions": SHORT_LIVED,
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.memory": "600m",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.shuffle.compress": "false",
}
"""Settings of Spark for few rows on few cores."""

CASES = [f"c{i}" for i in range(9)] + [
    "ü 日本",
    "a case with a name that is longer than a few bytes",
]
POOLS: dict[str, list[Any]] = {
    "feedback_id": [f"feedback_id {i}" for i in range(24)],
    "workflow_id": ["w0", "w1", "w2"],
    "run_id": [f"r{i:02}" for i in range(N_RUNS)],
    "champion_run_id": [f"r{i:02}" for i in range(N_RUNS)],
    "control_run_id": [f"r{i:02}" for i in range(N_RUNS)],
    "variant_id": [f"v{i}" for i in range(5)],
    "baseline_id": ["v0"],
    "candidate_id": ["v1", "v2"],
    "variant": ["label 0", "label 1"],
    "prompt_sha256": [f"p{i}" for i in range(4)],
    "source_sha256": ["s0", "s1", "s2"],
    "decision_id": [f"d{i:02}" for i in range(12)],
    "strategy": ["ab_testing", "caching", "batching"],
    "experiment_id": [f"e{i}" for i in range(4)],
    "optimization_id": ["o0", "o1"],
    "prompt_id": ["prompts/a.md", "prompts/b.md"],
    "version": ["1.0.0", "1.1.0", "1.2.0"],
    "parent": ["1.0.0", "9.9.9"],
    "case_id": CASES,
    "case_sha256": ["k0", "k1", "k2"],
    "executor_sha256": ["x0"],
    "request_sha256": ["q0", "q1"],
    "holdout_sha256": ["h0"],
    "request_id": ["req0", "req1", "req2"],
    "task_id": [f"t{i}" for i in range(6)],
    "kind": ["rating", "thumb"],
    "metric": ["success"],
    "scorer": ["exact", "judge"],
    "state": ["pending", "approved", "applied", "baseline", "in_force", "confirmed", "draft"],
    "status": ["proposed", "silent", "failed", "not_asked", "running", "paused", "success"],
    "preset": ["balanced"],
    "subject": ["d00", "e0", "w1", "prompts/a.md", "r03"],
    "actor": ["ann", "bob"],
    "candidate": ["label 1"],
    "replicate": [0],
    "occurrence": [0, 1],
    "n_accepted": [0, 1, 2],
    "shares": ["[0.1, 1.0]"],
}
"""What a column of some name is filled with."""

OTHERS = {
    "decisions": 11,
    "strategy_answers": 30,
    "studies": 9,
    "config_snapshots": 8,
    "rollouts": 6,
    "outcomes": 12,
    "experiments": 4,
    "looks": 240,
    "prompt_versions": 9,
    "optimizations": 2,
    "executions": 60,
    "completions": 6,
    "confirmations": 5,
    "feedback": 24,
    "baselines": 2,
    "audit_log": 120,
    "ingest_rejects": 4,
    "sources": 3,
    "prompts": 3,
    "variants": 5,
}
"""Rows of the tables that did not come with a run."""

UNIQUE = {
    "decisions": "decision_id",
    "experiments": "experiment_id",
    "optimizations": "optimization_id",
    "sources": "source_sha256",
    "prompts": "prompt_sha256",
    "variants": "variant_id",
    "baselines": "workflow_id",
    "feedback": "feedback_id",
    "outcomes": "decision_id",
    "rollouts": "decision_id",
}


def fill(history: History, seed: int = 7) -> None:
    """Fill every table with rows that hold together, NULLs where they may be."""
    draw = random.Random(seed)
    rows: Rows = defaultdict(list)
    for i in range(N_RUNS):
        _fill_run(rows, i, draw)
    for table, n in OTHERS.items():
        for i in range(n):
            given = {UNIQUE[table]: POOLS[UNIQUE[table]][i]} if table in UNIQUE else {}
            _insert(rows, table, given | {"seq": i, "version": f"1.{i}.0"}, draw)
    for table, filled in rows.items():
        with history.transaction(), history.connection.appender(table) as appender:
            appender.append_rows(filled)
    history.connection.execute("CREATE TEMP TABLE incoming AS FROM tasks")
    history.connection.execute(
        "INSERT INTO reports BY NAME SELECT * EXCLUDE (percentiles_ms) "
        f"FROM ({queries.text('report_rows')})",
        {"z2": 3.84, "has_repeats": True},
    )


@cache
def columns_of(table: str) -> list[tuple[str, str, bool]]:
    with temporary_history(NOON) as history:
        return history.connection.execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
            "WHERE table_name = $table ORDER BY column_index",
            {"table": table},
        ).fetchall()


def _fill_run(rows: Rows, i: int, draw: random.Random) -> None:
    run = {"run_id": f"r{i:02}", "workflow_id": f"w{i % 3}"}
    started = NOON + timedelta(hours=7 * i, microseconds=draw.randrange(10**6))
    times = {"started_at": started, "finished_at": started + timedelta(seconds=90.123456)}
    warnings = json.dumps([UNJUDGED] if i % 7 == 3 else [])
    more = {"source_sha256": f"s{i % 4}", "pairable": i % 5 != 4, "place": i}
    _insert(rows, "runs", run | times | more | {"warnings": warnings}, draw)
    position = 0
    for variant in draw.sample(range(5), draw.randint(1, 3)):
        for case in CASES:
            for repeat in range(draw.choice((1, 1, 2))):
                task = {
                    **run,
                    "position": position,
                    "task_id": f"t{position}",
                    "case_id": case,
                    "repeat": repeat,
                    "variant_id": f"v{variant}",
                    "variant": f"label {variant}",
                    "created_at": started + timedelta(seconds=3 * position),
                    "status": draw.choice(
                        ("succeeded",) * 5 + ("failed", "timeout", "error", "cancelled")
                    ),
                    "failure_reason": draw.choice((None, "rate_limit", "slow")),
                    "failure_kind": draw.choice((None, "api", "llm", "timeout")),
                    "attempts": draw.randint(1, 3),
                }
                _insert(rows, "tasks", task, draw)
                _fill_texts(rows, {"run_id": run["run_id"], "position": position}, draw)
                position += 1


def _fill_texts(rows: Rows, task: dict[str, Any], draw: random.Random) -> None:
    said = {
        "priority": draw.choice(("high", "low", 3, None)),
        "deadline_ms": draw.choice((1500, 2.5, "soon", None)),
        "propensity": draw.random(),
        "a/b~c": {"deep": ["x", 1.0]},
    }
    long = draw.random() < 0.2
    texts = {
        "inputs": None if long else json.dumps({"q": draw.randrange(9), "ü": "é"}),
        "outputs": draw.choice((None, "yes", 'no, "never"\nand', "")),
        "metadata": None if long else json.dumps(said),
        "result_metadata": draw.choice((None, json.dumps({"document": "d1"}))),
    }
    _insert(rows, "task_texts", task | texts, draw)
    _insert(rows, "task_origins", task, draw)
    reason = "reason of exact"
    for scorer in draw.sample(("exact", "judge"), draw.randint(0, 2)):
        value = draw.choice((None, 0.0, 1.0, draw.random(), 7.5))
        _insert(rows, "task_scores", task | {"scorer": scorer, "value": value}, draw)
    if long:
        for field in ("inputs", "metadata", "error_message", reason):
            whole = json.dumps(said | {"field": field, "pad": "x" * draw.randrange(60)})
            pieces = [whole[at : at + 20] for at in range(0, len(whole), 20)]
            for piece in draw.sample(range(len(pieces)), len(pieces)):
                text = {"field": field, "piece": piece, "text": pieces[piece]}
                _insert(rows, "long_texts", task | text, draw)


def _insert(rows: Rows, table: str, given: dict[str, Any], draw: random.Random) -> None:
    rows[table].append(
        [
            given[name] if name in given else _made(name, type_, is_nullable, draw)
            for name, type_, is_nullable in columns_of(table)
        ]
    )


def _made(name: str, type_: str, is_nullable: bool, draw: random.Random) -> Any:
    if is_nullable and draw.random() < 0.25:
        return None
    if name in POOLS:
        return draw.choice(POOLS[name])
    if type_ == "TIMESTAMP":
        return NOON + timedelta(microseconds=draw.randrange(14 * 86_400 * 10**6))
    return {
        "VARCHAR": lambda: f"{name} {draw.randrange(5)}",
        "DOUBLE": lambda: draw.random() * 10 ** draw.randint(-3, 3),
        "BOOLEAN": lambda: draw.random() < 0.5,
        "BLOB": lambda: b"bytes",
    }.get(type_, lambda: draw.randrange(1, 2000))()


@pytest.fixture(scope="session")
def made_up() -> Iterator[History]:
    """A history with rows in every table."""
    with temporary_history(NOON.replace(tzinfo=UTC)) as history:
        fill(history)
        yield history


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A standalone cluster of two workers on this machine."""

    master: str
    settings: dict[str, str]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    for name in ("pyspark", "pyarrow", "pandas"):
        pytest.importorskip(name, reason=f"Spark is tested where {name} is installed")
    if shutil.which("java") is None:
        pytest.skip("Spark is tested where there is Java 17")
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    address = f"spark://{LOOPBACK}:{port}"
    started = [spark_class(folder, "master.Master", "--port", str(port))]
    try:
        reached(port)
        for name in ("one", "two"):
            work = folder / name
            started.append(
                spark_class(
                    folder, "worker.Worker", "-c", "1", "-m", "700m", "-d", str(work), address
                )
            )
        yield Cluster(master=address, settings=SMALL)
    finally:
        for process in started:
            process.kill()
            process.wait()


def spark_class(folder: Path, name: str, *args: str) -> subprocess.Popen[bytes]:
    """Start one of the daemons that come with pyspark."""
    home = Path(importlib.import_module("pyspark").__file__ or "").parent
    command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}"]
    own = {
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED,
        "SPARK_LOG_DIR": str(folder),
    }
    with (folder / f"{name} {time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--host", LOOPBACK, "--webui-port", "0", *args],
            stdout=log,
            stderr=log,
            env={**os.environ, **own},
        )


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        port: int = one.getsockname()[1]
        return port


def reached(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"no master at port {port} after a minute")


@pytest.fixture
def on_cluster(cluster: Cluster, tmp_path: Path) -> Callable[..., AbstractContextManager[History]]:
    """Open the tables of a history as files that a cluster reads."""
    from optimizer.history.spark.session import spark_session  # noqa: PLC0415 - needs Spark
    from optimizer.history.spark.tables import show_tables  # noqa: PLC0415

    @contextmanager
    def opened(history: History) -> Iterator[History]:
        parts = {}
        for table in table_names(history.connection):
            files = [str(tmp_path / f"{table}_{half}.parquet") for half in (0, 1)]
            for half, file in enumerate(files):
                history.connection.execute(
                    f"COPY (FROM {table} WHERE rowid % 2 = {half}) TO '{file}'"
                )
            parts[table] = (Part(files=(files[0],)), Part(files=(files[1],)))
        with (
            spark_session(
                cluster.master, python=sys.executable, settings=cluster.settings
            ) as spark,
            temporary_history(NOON) as empty,
        ):
            show_tables(spark, empty, parts)
            spark.read.table("tasks").createOrReplaceTempView("incoming")
            yield History(empty.connection, engine=SparkEngine(spark, empty.connection))

    return opened
