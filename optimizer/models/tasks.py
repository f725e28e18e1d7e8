"""What happened: the records every bridge yields and the history keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from mmap import mmap
from typing import Any, NamedTuple, Protocol, overload, runtime_checkable

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault

Content = bytes | mmap
"""Bytes in memory, or those of a large file where it lies."""


class CaseSource(StrEnum):
    """How a task's case is known."""

    GIVEN = "given"
    """The executor named it."""

    CONTENT = "content"
    """By its data set and inputs."""

    TASK = "task"
    """By the task's own id, for want of anything better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What was executed: a prompt, a model and its parameters.

    Attributes:
        variant_id: Its identity; see `variant_id`.
        label: What people call it; for display, two variants may share it.
        prompt_id: The executor's name of the prompt, or None.
        prompt_sha256: Hash of the template, or None where neither it nor the text is known.
        prompt: Text of the template, or None where it was not recorded.
        provider: Who serves the model, or None.
        model: Name of the model, or None.
        parameters: Sampling parameters as canonical JSON, or None.
    """

    variant_id: str
    label: str
    prompt_id: str | None = None
    prompt_sha256: str | None = None
    prompt: str | None = None
    provider: str | None = None
    model: str | None = None
    parameters: str | None = None


class Score(NamedTuple):
    """What one scorer said of a task.

    Attributes:
        name: The scorer.
        value: Its value on its own scale, or None where it gave none.
        passed: Its word on pass or fail, or None where it gave none.
        reason: Why, in its words, or None.
    """

    name: str
    value: float | None
    passed: bool | None = None
    reason: str | None = None


class Origin(NamedTuple):
    """Where a task came from, and what its tool said beyond the common fields.

    Attributes:
        row_key: What finds the task again in its source file, or None.
        request_id: The id of its request or trace, which feedback may name, or None.
        tokens_cached: Prompt tokens that the provider read from its cache, or None.
        judge_tokens: Tokens of those who graded, which are not the system's, or None.
        judge_cost_usd: Price of grading, or None.
        censored_ms: How long it ran at least where a limit ended it; its latency is unknown.
        cost_source: The price table that the cost was derived from; None where it was recorded.
        scores: What each scorer said.
    """

    row_key: str | None = None
    request_id: str | None = None
    tokens_cached: int | None = None
    judge_tokens: int | None = None
    judge_cost_usd: float | None = None
    censored_ms: float | None = None
    cost_source: str | None = None
    scores: tuple[Score, ...] = ()


UNJUDGED = (
    "pass or fail is not recorded and the scores are no plain marks: succeeded means that a task "
    "ran; --pass-score says from which score on it passes"
)
"""Warning of a run whose tasks were not judged."""


class TaskRow(NamedTuple):
    """One test case executed once under one variant.

    A named tuple rather than a dataclass, because an ingest builds hundreds of thousands.

    Attributes:
        task_id: Unique in its run, as the executor made it.
        case_id: Stable identity of the test case; pairs tasks across variants.
        case_source: How the case is known.
        repeat: Which repetition of the case this is, or None where the executor did not say.
        variant: What was executed.
        dataset: Data set the case belongs to, or None.
        scenario: normal, boundary, error or custom.
        status: One of the eight task states.
        failure_kind: Class of the failure, or None where there is none.
        failure_reason: Name of the pattern that told the class, or None.
        error_message: What the executor said, or None.
        score: 0 to 1 where graded on a scale, or None.
        latency_ms: Wall time of the call; None where unknown or answered from a cache.
        tokens: All tokens of the call, or None where unknown.
        tokens_in: Prompt tokens, or None.
        tokens_out: Completion tokens, or None.
        cost_usd: Price of the call; None where unknown, never 0 for unknown.
        cached: Whether the answer came from a cache, or None where unknown.
        attempts: How often the executor tried.
        family: What the case was derived from (template, document), or None.
        tenant: On whose behalf, or None.
        task_type: Kind of work (chat, classification, ...), or None.
        created_at: When the task began, UTC.
        finished_at: When it ended, UTC, or None where not recorded.
        inputs: What was put in, as JSON text, or None where not kept.
        outputs: What came out, as JSON text, or None where not kept.
        metadata: What else the executor said of the task, as JSON text, or None.
        result_metadata: What else it said of the result, as JSON text, or None.
        origin: What its tool said beyond these fields, or None where that is nothing.
    """

    task_id: str
    case_id: str
    case_source: str
    repeat: int | None
    variant: Variant
    dataset: str | None
    scenario: str
    status: str
    failure_kind: str | None
    failure_reason: str | None
    error_message: str | None
    score: float | None
    latency_ms: float | None
    tokens: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    cached: bool | None
    attempts: int
    family: str | None
    tenant: str | None
    task_type: str | None
    created_at: datetime
    finished_at: datetime | None
    inputs: str | None
    outputs: str | None
    metadata: str | None
    result_metadata: str | None
    origin: Origin | None = None


new_row: Callable[[tuple[object, ...]], TaskRow] = partial(tuple.__new__, TaskRow)
"""Makes a row of its values in order, in half the time that calling `TaskRow` takes."""


TaskFields = Mapping[str, Sequence[Any]]
"""Tasks by field: under each name of `TaskRow`, in its order, the values of all of them."""


@dataclass(frozen=True, slots=True)
class PackedTexts(Sequence[str | None]):
    """Texts in ASCII, one behind the other; an empty one stands for none.

    Attributes:
        data: Their bytes.
        ends: 0, and where each ends.
    """

    data: bytes
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, at: int) -> str | None: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[str | None]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str | None] | None:
        if isinstance(at, slice):
            return list(self)[at]
        n = range(len(self))[at]
        return self.data[self.ends[n] : self.ends[n + 1]].decode() or None


@runtime_checkable
class RowsByField(Protocol):
    """Task rows that are made by field, which is faster than row by row."""

    def by_field(self, n: int) -> Iterator[TaskFields]:
        """Yield the rows by field, at most so many at a time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """One invocation of an executor.

    Attributes:
        run_id: The executor's name for it.
        workflow_id: The workflow under test.
        started_at: When it began, UTC.
        finished_at: When it ended, UTC.
        duration_s: How long it took by the executor's own account, in seconds, or None.
        n_tasks: How many tasks the file holds for it.
        content_sha256: Hash of the bytes that describe the run.
        place: Where in its file the run stands, counted from 1.
        tool: Name of the format it was read from.
        tool_version: Version the tool wrote, or None.
        git_sha: Commit under test, or None.
        branch: Branch under test, or None.
        pull_request: Pull request under test, or None.
        pairable: False where the executor says that cases are not the same between runs.
        assumed_timezone: Zone given to times that carried none, or None where all did.
        metadata: All the executor said of the run, as JSON text.
        warnings: What a reader should know about how the file was read.
    """

    run_id: str
    workflow_id: str
    started_at: datetime
    finished_at: datetime
    duration_s: float | None
    n_tasks: int
    content_sha256: str
    place: int
    tool: str
    tool_version: str | None
    git_sha: str | None
    branch: str | None
    pull_request: str | None
    pairable: bool
    assumed_timezone: str | None
    metadata: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it was read: its header and its tasks, which may be read only once."""

    header: RunHeader
    tasks: Iterable[TaskRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file that runs were read from.

    Attributes:
        path: The file as the user named it, or `-` for standard input.
        sha256: Hash of its bytes, uncompressed and before anything was redacted.
        n_bytes: Number of those bytes.
        content: The bytes as they may be stored: uncompressed, secrets redacted.
        n_redacted: How many secrets were redacted.
        is_packed: Whether secrets may be left in them, as what is inside a container (zip, Parquet)
            was not redacted: they may not be stored.
        modified_at: When the file was last changed, or received, UTC.
    """

    path: str
    sha256: str
    n_bytes: int
    content: Content
    n_redacted: int
    is_packed: bool = False
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file and the runs in it.

    Attributes:
        source: The file.
        runs: Its runs.
        skipped: The rows that could not be read, with the reason for each.
    """

    source: Source
    runs: tuple[Run, ...]
    skipped: tuple[Fault, ...] = ()


def variant_id(
    *,
    label: str,
    prompt_sha256: str | None,
    provider: str | None,
    model: str | None,
    parameters: str | None,
) -> str:
    """Return the identity of a variant: a hash of prompt, provider, model and parameters.

    The label stands in for the prompt where neither its hash nor its text is known.
    """
    prompt = f"sha256:{prompt_sha256}" if prompt_sha256 else f"label:{label}"
    return _digest(prompt, provider or "", model or "", parameters or "")


def content_case_id(dataset: str | None, canonical_inputs: bytes) -> str:
    """Return the identity of a case that has no name: a hash of data set and inputs."""
    return _digest(dataset or "", canonical_inputs.decode("utf-8", "surrogatepass"))


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(*parts: str) -> str:
    """Return 16 hexadecimal digits of SHA-256 over length-prefixed parts."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return text_sha256(framed)[:16]
