"""Workflows spread over a cluster: each bucket of them becomes a history of its own on a worker.

The rows that decisions are made of go to the bucket of their workflow as Arrow tables, packed, so
that one shuffle takes the rows of all tables. A worker holds one bucket at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import reduce

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from optimizer.history.duck import set_up_arrow
from optimizer.history.store import History, temporary_history

OWN = "SELECT {table}.*, workflow_id AS of_workflow FROM {table}"
BY_RUN = """
    SELECT {table}.*, runs.workflow_id AS of_workflow
    FROM {table} JOIN runs ON runs.run_id = {table}.run_id
"""
BY_EXPERIMENT = """
    SELECT looks.*, experiments.workflow_id AS of_workflow
    FROM looks JOIN experiments ON experiments.experiment_id = looks.experiment_id
"""
BY_VARIANT = """
    SELECT DISTINCT variants.*, runs.workflow_id AS of_workflow
    FROM variants
    JOIN reports ON reports.variant_id = variants.variant_id
    JOIN runs ON runs.run_id = reports.run_id
"""
BY_PROMPT = """
    SELECT DISTINCT prompts.*, runs.workflow_id AS of_workflow
    FROM prompts
    JOIN variants ON variants.prompt_sha256 = prompts.prompt_sha256
    JOIN reports ON reports.variant_id = variants.variant_id
    JOIN runs ON runs.run_id = reports.run_id
"""
WHOSE = {
    "runs": OWN,
    "reports": BY_RUN,
    "tasks": OWN,
    "task_texts": BY_RUN,
    "variants": BY_VARIANT,
    "prompts": BY_PROMPT,
    "decisions": OWN,
    "strategy_answers": OWN,
    "outcomes": OWN,
    "studies": OWN,
    "experiments": OWN,
    "looks": BY_EXPERIMENT,
}
"""The tables that decisions are made of, each with whose its rows are; of a row that two workflows
of a bucket name, the bucket has one."""

KEPT_ONCE = {"variants": "variant_id", "prompts": "prompt_sha256"}
PACKED = "bucket INT, name STRING, packed BINARY"

Work = Callable[[History], Iterable[str]]
"""What is done with the history of a bucket."""


def on_each_bucket(session: SparkSession, work: Work, *, n_buckets: int) -> list[str]:
    """Do something with the history of each bucket of workflows, and return what it gave.

    Args:
        session: Has the tables as views.
        work: Is sent to the workers.
        n_buckets: How many there are; the workflows of one are held in memory together.
    """
    packed = reduce(DataFrame.unionAll, (_packed(session, name, n_buckets) for name in WHOSE))

    def worked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        set_up_arrow()
        with temporary_history(datetime(1970, 1, 1, tzinfo=UTC)) as history:
            history.connection.execute("SET threads = 1").fetchall()
            for batch in batches:
                for row in batch.to_pylist():
                    _unpack(history, row["name"], row["packed"])
            yield pa.RecordBatch.from_pydict({"said": pa.array(work(history), pa.string())})

    spread = packed.repartition(n_buckets, "bucket").groupBy("bucket")
    said: list[str] = spread.applyInArrow(worked, "said STRING").toArrow()["said"].to_pylist()
    return said


def _packed(session: SparkSession, name: str, n_buckets: int) -> DataFrame:
    """Return the rows of a table by bucket, as streams of Arrow."""
    bucket = f"CAST(pmod(xxhash64(of_workflow), {n_buckets}) AS INT) AS of_bucket"
    once = "DISTINCT " if name in KEPT_ONCE else ""
    rows = session.sql(
        f"SELECT {once}* EXCEPT (of_workflow), {bucket} FROM ({WHOSE[name].format(table=name)})"
    )

    def pack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            places = batch.column("of_bucket").to_numpy()
            own = batch.drop_columns(["of_bucket"])
            for bucket in np.unique(places):
                part = own.filter(pa.array(places == bucket))
                content = {"bucket": [bucket], "name": [name], "packed": [_stream(part)]}
                yield pa.RecordBatch.from_pydict(content, schema=SHAPE)

    return rows.mapInArrow(pack, PACKED)


SHAPE = pa.schema([("bucket", pa.int32()), ("name", pa.string()), ("packed", pa.binary())])


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _unpack(history: History, table: str, packed: bytes) -> None:
    rows = pa.ipc.open_stream(packed).read_all()
    history.connection.register("unpacked", rows)
    history.connection.execute(f"INSERT INTO {table} BY NAME FROM unpacked").fetchall()
    history.connection.unregister("unpacked")
