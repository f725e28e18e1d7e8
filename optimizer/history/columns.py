"""Turning rows into columns: what the database takes by the block."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import zstandard

from optimizer.history.batches import Column, Columns, Numbers, label, labels, numbers, texts
from optimizer.history.moments import moments
from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.history.texts import PAYLOADS, LongTexts, kept_texts
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault
from optimizer.models.tasks import (
    Origin,
    Reading,
    RowsByField,
    Run,
    RunHeader,
    Source,
    TaskFields,
    TaskRow,
    Variant,
)

BLOCK_ROWS = 20_000
"""Tasks that are turned into columns at once."""

BLOCK_CHARS = 2**24
"""Text of tasks that is turned into columns at once, at most about so much."""

FEW_ROWS = 500
FEW_CHARS = 2**21
"""Tasks whose text is measured together: at most so many, of at most about so much."""

WIDE_CHARS = 4
"""Bytes of a character that is not in ASCII, at most."""

ZSTD_LEVEL = 1
PACKED_BYTES = 2**22
"""Bytes of a large file that are compressed in one go."""

TIME_FIELDS = frozenset({"created_at", "finished_at"})
LABEL_FIELDS = frozenset(
    {
        "case_source",
        "dataset",
        "scenario",
        "status",
        "failure_kind",
        "failure_reason",
        "family",
        "tenant",
        "task_type",
    }
)
"""Texts of which a run has few."""

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

PLAIN_FIELDS = tuple(
    name
    for name in TaskRow._fields
    if name not in {"variant", "origin", "error_message", *PAYLOADS}
)
"""Fields of a task that become a column as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive tasks of a run as columns.

    Attributes:
        n: Number of tasks.
        tasks: The columns of the table `tasks` but for their order.
        texts: The columns of the table `task_texts`; none where no texts are kept.
        long_texts: The columns of the table `long_texts`.
        n_chars: How much text that is.
        variants: What was executed.
        origins: Rows of the table `task_origins`.
        scores: Rows of the table `task_scores`.
    """

    n: int
    tasks: Columns
    texts: Columns
    long_texts: Columns
    n_chars: int
    variants: tuple[Variant, ...]
    origins: tuple[tuple[Any, ...], ...] = ()
    scores: tuple[tuple[Any, ...], ...] = ()


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
        skipped: The rows that could not be read.
    """

    source: Source
    packed: bytes | None
    runs: tuple[ReadyRun, ...]
    skipped: tuple[Fault, ...] = ()


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
    n_tasks = sum(run.header.n_tasks for run in reading.runs)
    chars_per_task = None if later else reading.source.n_bytes // max(1, n_tasks)
    for run in reading.runs:
        blocks = _blocks(run, settings, chars_per_task)
        runs.append(ReadyRun(header=run.header, blocks=blocks if later else list(blocks)))
    return ReadyFile(
        source=replace(reading.source, content=b""),
        packed=packed(reading.source, settings),
        runs=tuple(runs),
        skipped=reading.skipped,
    )


def packed(source: Source, settings: StoreSettings) -> bytes | None:
    """Return the bytes of a file compressed, None where they are not to be kept."""
    is_kept = settings.raw is RawPolicy.BLOB and not source.is_packed
    if not is_kept or source.n_bytes > settings.max_blob_bytes:
        return None
    content = source.content
    if isinstance(content, bytes):
        return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(content)
    packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj(size=len(content))
    pieces = []
    for start in range(0, len(content), PACKED_BYTES):
        pieces.append(packer.compress(content[start : start + PACKED_BYTES]))
        if hasattr(mmap, "MADV_DONTNEED"):  # it is read again when needed
            content.madvise(mmap.MADV_DONTNEED)
    return b"".join([*pieces, packer.flush()])


def _blocks(run: Run, settings: StoreSettings, chars_per_task: int | None) -> Iterator[Block]:
    """Yield the tasks of a run; their texts are measured where nothing is known of their length."""
    position = 0
    for fields, n_chars in _parts(run, chars_per_task):
        block = _block(run.header, position, fields, n_chars, settings)
        position += block.n
        yield block


def _block(
    header: RunHeader, position: int, fields: TaskFields, n_chars: int, settings: StoreSettings
) -> Block:
    """Return tasks as columns, of which the first has that position in its run."""
    variants, origins, messages = fields["variant"], fields["origin"], fields["error_message"]
    n = len(variants)
    place: dict[str, Column] = {
        "run_id": label(header.run_id, n),
        "position": Numbers(np.arange(position, position + n, dtype=np.int64)),
    }
    long_texts = LongTexts()
    has_origins = origins.count(None) < n
    return Block(
        n=n,
        tasks=place
        | {
            "workflow_id": label(header.workflow_id, n),
            "variant": labels([variant.label for variant in variants]),
            "variant_id": labels([variant.variant_id for variant in variants]),
            "error_message": texts(long_texts.heads("error_message", messages)),
        }
        | {name: _column(name, fields[name]) for name in PLAIN_FIELDS},
        texts=_kept(place, fields, settings, long_texts),
        n_chars=n_chars,
        variants=tuple({id(variant): variant for variant in variants}.values()),
        origins=tuple(_origins(header.run_id, position, origins)) if has_origins else (),
        scores=tuple(_scores(header.run_id, position, origins, long_texts)) if has_origins else (),
        long_texts=long_texts.columns(header.run_id, position),
    )


def _parts(run: Run, chars_per_task: int | None) -> Iterator[tuple[TaskFields, int]]:
    """Yield the tasks of a run by field, as many as make a block, with how much text they carry."""
    if chars_per_task is not None and isinstance(run.tasks, RowsByField):
        for fields in run.tasks.by_field(BLOCK_ROWS):
            yield fields, chars_per_task * len(fields["variant"])
        return
    tasks = iter(run.tasks)
    while rows := _some(tasks) if chars_per_task is None else list(islice(tasks, BLOCK_ROWS)):
        by_field = zip(TaskRow._fields, zip(*rows, strict=True), strict=True)
        n_chars = _n_chars(rows) if chars_per_task is None else chars_per_task * len(rows)
        yield dict(by_field), n_chars


def _some(tasks: Iterator[TaskRow]) -> list[TaskRow]:
    """Return the next tasks: as many as make a block, fewer where their texts are long."""
    rows: list[TaskRow] = []
    n_chars, n_few = 0, 1
    while len(rows) < BLOCK_ROWS and n_chars < BLOCK_CHARS:
        few = list(islice(tasks, n_few))
        if not few:
            break
        rows += few
        n_chars += _n_chars(few)
        n_few = max(1, min(FEW_ROWS, 2 * n_few, FEW_CHARS * len(rows) // (n_chars or 1)))
    return rows


def _n_chars(rows: Sequence[TaskRow]) -> int:
    """Return how much text some tasks carry."""
    return sum(map(_text_of, rows))


def _text_of(row: TaskRow) -> int:
    """Return how much text a task carries; what is not in ASCII takes up to four times as much."""
    texts = [row.inputs, row.outputs, row.metadata, row.result_metadata, row.error_message]
    if row.origin is not None:
        texts += [score.reason for score in row.origin.scores]
    return sum([len(t) if t.isascii() else WIDE_CHARS * len(t) for t in texts if t])


def _origins(
    run_id: str, first: int, origins: Sequence[Origin | None]
) -> Iterator[tuple[Any, ...]]:
    """Yield what goes into the table `task_origins`, in the order of its columns."""
    for position, origin in enumerate(origins, first):
        if origin is not None:
            yield (run_id, position, *origin[:-1])


def _scores(
    run_id: str, first: int, origins: Sequence[Origin | None], long_texts: LongTexts
) -> Iterator[tuple[Any, ...]]:
    """Yield what goes into the table `task_scores`, in the order of its columns."""
    for row, origin in enumerate(origins):
        if origin is not None:
            for name, value, passed, reason in origin.scores:
                head = long_texts.head(row, f"reason of {name}", reason)
                yield (run_id, first + row, name, value, passed, head)


def _kept(
    place: Columns,
    fields: TaskFields,
    settings: StoreSettings,
    long_texts: LongTexts,
) -> Columns:
    """Return the columns of the table `task_texts`; long texts go elsewhere."""
    if settings.payloads is PayloadPolicy.NONE:
        return {}
    return {
        **place,
        **{
            name: texts(long_texts.taken_from(name, kept_texts(fields[name], settings)))
            for name in PAYLOADS
        },
    }


def _column(name: str, values: Sequence[Any]) -> Column:
    """Return one field of the rows as a column; what is unknown becomes NULL."""
    if name in TIME_FIELDS:
        return moments(values)
    if name in NUMBER_FIELDS:
        return numbers(values)
    return labels(values) if name in LABEL_FIELDS else texts(values)


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


def source_values(
    source: Source, content: bytes | None, settings: StoreSettings, now: datetime
) -> tuple[Any, ...]:
    """Return the values of a row of the table `sources`, in the order of its columns."""
    is_reference = settings.raw is RawPolicy.BLOB and content is None
    return (
        source.sha256,
        None if settings.raw is RawPolicy.NONE else source.path,
        source.n_bytes,
        str(RawPolicy.REFERENCE if is_reference else settings.raw),
        content,
        source.n_redacted,
        as_stored(now),
    )
