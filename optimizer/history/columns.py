"""Turning rows into columns: what the database takes by the block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.models.tasks import (
    Reading,
    Run,
    RunHeader,
    Source,
    TaskRow,
    Variant,
    text_sha256,
)

BLOCK_ROWS = 20_000
"""Tasks that are turned into columns at once."""

ZSTD_LEVEL = 1

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
    """Consecutive tasks of a run as columns.

    Attributes:
        n: Number of tasks.
        tasks: The columns of the table `tasks` but for their order.
        texts: The columns of the table `task_payloads` as far as they are kept.
        variants: What was executed.
    """

    n: int
    tasks: Columns
    texts: Columns
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRun:
    """A run that is ready to be written; its blocks may be gone through once."""

    header: RunHeader
    blocks: Iterable[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFile:
    """A file that is ready to be written.

    Attributes:
        source: The file, but for its bytes.
        packed: Its bytes, compressed; None where they are not kept.
        runs: The runs in it.
    """

    source: Source
    packed: bytes | None
    runs: tuple[ReadyRun, ...]


def prepare(reading: Reading, settings: StoreSettings, *, later: bool = False) -> ReadyFile:
    """Turn the tasks of a file into columns.

    Args:
        reading: The file.
        settings: What is kept of the texts.
        later: Whether the tasks are turned only while they are written, to save memory.

    Raises:
        FormatError: A task is not as the bridge expects; with `later`, while it is written.
    """
    runs = []
    for run in reading.runs:
        blocks = _blocks(run, settings)
        runs.append(ReadyRun(header=run.header, blocks=blocks if later else list(blocks)))
    return ReadyFile(
        source=replace(reading.source, content=b""),
        packed=_packed(reading.source) if settings.raw is RawPolicy.BLOB else None,
        runs=tuple(runs),
    )


def _packed(source: Source) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(source.content)


def joined(columns: Sequence[Columns]) -> Columns:
    """Return the columns of several blocks one below the other."""
    return {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}


def _blocks(run: Run, settings: StoreSettings) -> Iterator[Block]:
    tasks = iter(run.tasks)
    position = 0
    while rows := list(islice(tasks, BLOCK_ROWS)):
        fields = dict(zip(TaskRow._fields, zip(*rows, strict=True), strict=True))
        variants = fields.pop("variant")
        texts = {name: fields.pop(name) for name in PAYLOAD_FIELDS}
        place = {
            "run_id": np.full(len(rows), run.header.run_id, dtype=object),
            "position": np.arange(position, position + len(rows), dtype=np.int64),
        }
        yield Block(
            n=len(rows),
            tasks=place
            | {
                "workflow_id": np.full(len(rows), run.header.workflow_id, dtype=object),
                "variant": _texts([variant.label for variant in variants]),
                "variant_id": _texts([variant.variant_id for variant in variants]),
            }
            | {name: _column(name, values) for name, values in fields.items()},
            texts=_payloads(place, texts, settings),
            variants=tuple({id(variant): variant for variant in variants}.values()),
        )
        position += len(rows)


def _payloads(
    place: Columns, texts: Mapping[str, Sequence[str | None]], settings: StoreSettings
) -> Columns:
    if settings.payloads is PayloadPolicy.NONE:
        return {}
    return place | {name: _texts(_kept(values, settings)) for name, values in texts.items()}


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
