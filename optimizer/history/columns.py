"""Turning rows into columns: what the database takes by the block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from optimizer.history.settings import PayloadPolicy, StoreSettings
from optimizer.models.tasks import Run, RunHeader, Source, TaskRow, Variant, text_sha256

BLOCK_ROWS = 60_000

TIME_FIELDS = frozenset({"created_at", "finished_at"})
NUMBER_FIELDS = frozenset(
    {
        "repeat",
        "score",
        "latency_ms",
        "tokens",
        "tokens_in",
        "tokens_out",
        "cost_usd",
        "cached",
        "attempts",
    }
)
PAYLOAD_FIELDS = ("inputs", "outputs", "metadata", "result_metadata")

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive tasks of a run, the first at `position`."""

    header: RunHeader
    position: int
    rows: list[TaskRow]


def in_blocks(run: Run) -> Iterator[list[TaskRow]]:
    """Yield the tasks of a run in blocks of at most `BLOCK_ROWS`."""
    tasks = iter(run.tasks)
    while block := list(islice(tasks, BLOCK_ROWS)):
        yield block


def task_columns(blocks: Sequence[Block]) -> Columns:
    """Return the columns of the table `tasks` but for their order."""
    rows = [row for block in blocks for row in block.rows]
    fields = dict(zip(TaskRow._fields, zip(*rows, strict=True), strict=True)) if rows else {}
    variants = fields.pop("variant")
    for name in PAYLOAD_FIELDS:
        fields.pop(name)
    columns = {name: _column(name, values) for name, values in fields.items()}
    columns["variant"] = _texts([variant.label for variant in variants])
    columns["variant_id"] = _texts([variant.variant_id for variant in variants])
    return columns | _places(blocks)


def _places(blocks: Sequence[Block]) -> Columns:
    """Return the columns that say where a row belongs."""
    counts = [len(block.rows) for block in blocks]
    return {
        "run_id": np.repeat(_texts([block.header.run_id for block in blocks]), counts),
        "workflow_id": np.repeat(_texts([block.header.workflow_id for block in blocks]), counts),
        "position": np.concatenate(
            [np.arange(b.position, b.position + len(b.rows), dtype=np.int64) for b in blocks]
        ),
    }


def payload_columns(blocks: Sequence[Block], settings: StoreSettings) -> Columns:
    """Return the columns of the table `task_payloads` as far as they are kept."""
    if settings.payloads is PayloadPolicy.NONE:
        return {}
    places = _places(blocks)
    columns = {"run_id": places["run_id"], "position": places["position"]}
    for name in PAYLOAD_FIELDS:
        field = TaskRow._fields.index(name)
        values: list[Any] = [row[field] for block in blocks for row in block.rows]
        columns[name] = _texts(_kept(values, settings))
    return columns


def _kept(texts: Sequence[str | None], settings: StoreSettings) -> Sequence[str | None]:
    match settings.payloads:
        case PayloadPolicy.EXCERPTS:
            return [text and text[: settings.excerpt_chars] for text in texts]
        case PayloadPolicy.HASHES:
            return [text and text_sha256(text) for text in texts]
        case _:
            return texts


def _column(name: str, values: Sequence[Any]) -> NDArray[Any]:
    """Return one field of the rows as a column; unknown becomes NaN, NaT or None."""
    if name in TIME_FIELDS:
        return _times(values)
    if name in NUMBER_FIELDS:
        return np.array(values, dtype=float)
    return _texts(values)


def _texts(values: Sequence[str | None]) -> NDArray[Any]:
    return np.array(values, dtype=object)


def _times(values: Sequence[datetime | None]) -> NDArray[Any]:
    seconds = np.array([np.nan if t is None else t.timestamp() for t in values])
    unknown = np.isnan(seconds)
    micros = np.where(unknown, 0, np.rint(seconds * 1e6)).astype(np.int64)
    times = micros.view("datetime64[us]")
    times[unknown] = np.datetime64("NaT")
    return times


def as_stored(time: datetime) -> datetime:
    """Return a time as the database takes it: in UTC, without a zone."""
    return time.astimezone(UTC).replace(tzinfo=None)


def run_values(header: RunHeader, source: Source, now: datetime) -> tuple[Any, ...]:
    """Return the values of a row of the table `runs`, in the order of its columns."""
    return (
        header.run_id,
        header.workflow_id,
        as_stored(header.started_at),
        as_stored(header.finished_at),
        header.duration_s,
        header.content_sha256,
        source.sha256,
        header.place,
        header.tool,
        header.tool_version,
        header.git_sha,
        header.branch,
        header.pull_request,
        header.pairable,
        header.assumed_timezone,
        msgspec.json.encode(header.warnings).decode(),
        header.metadata,
        now,
    )


def variant_values(variant: Variant) -> tuple[Any, ...]:
    """Return the values of a row of the table `variants`, in the order of its columns."""
    return (
        variant.variant_id,
        variant.label,
        variant.prompt_id,
        variant.prompt_sha256,
        variant.provider,
        variant.model,
        variant.parameters,
    )
