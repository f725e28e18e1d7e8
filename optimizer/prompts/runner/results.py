"""What a test said of a case, made into a result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from optimizer.models.dataclass import dataclass
from optimizer.models.failures import FailureKind, classify
from optimizer.models.optimization import CaseResult
from optimizer.models.tasks import TaskRow

MS_PER_S = 1000
NOT_THE_PROMPT = frozenset({FailureKind.TIMEOUT, FailureKind.API})
OVERLOADED = "rate_limit"
NOT_ENDED = frozenset({"timeout", "cancelled", "pending", "queued", "running"})
"""States in which nothing was judged."""

IN_BRACKETS = re.compile(r"\[([^\[\]]+)\]$")
"""The argument of a test that has several: `tests/test_triage.py::test_triage[c17]`."""

Redact = Callable[[str], str]
Name = str | int
Amount = Annotated[float, Meta(ge=0)]
Score = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Status = Literal[
    "pending", "queued", "running", "succeeded", "failed", "timeout", "cancelled", "error"
]


class _Output(Struct):
    """What came of one call."""

    outputs: Any = None
    tokens_used: Count | None = None
    cost: Amount | None = None
    score: Score | None = None


class _Metadata(Struct):
    """What else is said of a task."""

    case_id: Name | None = None
    prompt_sha256: str | None = None
    unknown_fields: tuple[str, ...] = ()


class _Task(Struct):
    """A task result; the other fields of the executor's contract are of no use here."""

    task_id: Name | None = None
    case_id: Name | None = None
    task_status: Status | None = None
    passed: bool | None = None
    error_message: str | None = None
    execution_time: Amount | None = None
    outputs: Any = None
    score: Score | None = None
    test_result: _Output | None = None
    metadata: _Metadata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A result and what it is a result of, as far as the test says.

    Attributes:
        names: What it calls the case: the case's id first, then its own.
        prompt_sha256: The prompt it says it ran, or None.
        result: The result; which case it belongs to is not settled yet.
    """

    names: tuple[str, ...]
    prompt_sha256: str | None
    result: CaseResult


def told_by_task(task: Mapping[str, Any], *, replicate: int, redact: Redact) -> Told:
    """Return what a task result of the executor's contract says.

    Raises:
        ValueError: It is none; the message says what is wrong and where.
    """
    said = _task(task)
    output, more = said.test_result or _Output(), said.metadata or _Metadata()
    names = tuple(str(n) for n in (said.case_id, more.case_id, said.task_id) if n is not None)
    if not names:
        raise ValueError("found neither `task_id` nor `case_id`, expected one")
    unknown = more.unknown_fields
    status = _status(said)
    outputs = output.outputs if output.outputs not in (None, {}) else said.outputs
    score = output.score if output.score is not None else said.score
    failure = classify(status, said.error_message)
    return _told(
        names,
        more.prompt_sha256,
        redact,
        CaseResult(
            case_id=names[0],
            replicate=replicate,
            status=status,
            score=score if "score" not in unknown else None,
            error_message=said.error_message,
            failure_kind=failure.kind.value if failure else None,
            outputs=None if outputs is None else msgspec.json.encode(outputs).decode(),
            latency_ms=_ms(said.execution_time) if "execution_time" not in unknown else None,
            tokens=output.tokens_used if "tokens_used" not in unknown else None,
            cost_usd=output.cost if "cost" not in unknown else None,
        ),
        reason=failure.reason if failure else None,
    )


def told_by_row(row: TaskRow, *, replicate: int, redact: Redact) -> Told:
    """Return what a task says that a bridge has read.

    Where a tool recorded the text of its prompt, its hash is no word on what was run: tools trim
    prompts, split them and wrap them in roles.
    """
    variant = row.variant
    return _told(
        _names(row),
        variant.prompt_sha256 if variant.prompt is None else None,
        redact,
        CaseResult(
            case_id=row.case_id,
            replicate=replicate,
            status=row.status,
            score=row.score,
            error_message=row.error_message,
            failure_kind=row.failure_kind,
            outputs=row.outputs if row.outputs != "{}" else None,
            latency_ms=row.latency_ms,
            tokens=row.tokens,
            cost_usd=row.cost_usd,
        ),
        reason=row.failure_reason,
    )


def is_infrastructure(result: CaseResult, reason: str | None) -> bool:
    """Tell whether something other than the prompt failed.

    A failure that was judged is the prompt's, whatever its message says: what a model wrote must
    not be able to take a failure out of the count. Judged are failed tasks with an output or a
    score.

    Args:
        result: What became of the case.
        reason: Name of the pattern that told the class of the failure, or None.
    """
    if result.status in NOT_ENDED:
        return True
    if result.status == "failed" and (result.outputs is not None or result.score is not None):
        return False
    return result.failure_kind in NOT_THE_PROMPT or reason == OVERLOADED


def _told(
    names: tuple[str, ...],
    prompt_sha256: str | None,
    redact: Redact,
    result: CaseResult,
    *,
    reason: str | None,
) -> Told:
    message, outputs = result.error_message, result.outputs
    return Told(
        names=names,
        prompt_sha256=prompt_sha256,
        result=replace(
            result,
            infrastructure=is_infrastructure(result, reason),
            error_message=None if message is None else redact(message),
            outputs=None if outputs is None else redact(outputs),
        ),
    )


def _task(task: Mapping[str, Any]) -> _Task:
    try:
        return msgspec.convert(task, _Task)
    except msgspec.ValidationError as error:
        one_of = f", expected one of {', '.join(get_args(Status))}" if _is_of_status(error) else ""
        raise ValueError(f"{error}{one_of}") from error


def _is_of_status(error: msgspec.ValidationError) -> bool:
    return "enum" in str(error) and "task_status" in str(error)


def _names(row: TaskRow) -> tuple[str, ...]:
    """Return what a task may call its case; test frameworks put suite and function around it."""
    names = (row.case_id, row.task_id)
    ends = (name.rpartition("::")[2] for name in names)
    arguments = (found[1] for name in names if (found := IN_BRACKETS.search(name)))
    return tuple(dict.fromkeys((*names, *ends, *arguments)))


def _status(said: _Task) -> str:
    if said.task_status is not None:
        return said.task_status
    if said.passed is None:
        raise ValueError("found neither `task_status` nor `passed`, expected one")
    return "succeeded" if said.passed else "failed"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * MS_PER_S
