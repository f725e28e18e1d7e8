"""Task rows made of the tasks of a native run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial

from msgspec import Raw, ValidationError

from executor_bridge import wire
from executor_bridge.clock import FIRST_YEAR, LAST_YEAR, Clock
from executor_bridge.meaning import CONSISTENT, Variants, derived_case
from executor_bridge.metadata import TaskMetadata, decode_task_metadata, usable
from executor_bridge.models import TaskFigures
from optimizer.models.failures import BY_STATUS, FailurePattern, classify
from optimizer.models.tasks import CaseSource, TaskRow

NO_RESULT = wire.TestResult(status="error")
SILENT = TaskMetadata()
ESCAPE = re.compile(
    r"\\(?:[uU][dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


GIVEN = CaseSource.GIVEN
new_row: Callable[[tuple[object, ...]], TaskRow] = partial(tuple.__new__, TaskRow)
"""Makes a row of its values in order, in half the time that calling `TaskRow` takes."""


class UnsoundError(ValueError):
    """A run that can be decoded and yet cannot be right; the list of faults says why."""


@dataclass(slots=True)
class Notes:
    """What was noticed while the tasks of a run were read.

    Attributes:
        ignored: Metadata keys of no use, with how often.
        n_contradictions: Tasks whose result says something else than the task.
        figures: What the statistics of the run are made of, or None where nobody asks.
    """

    ignored: Counter[str] = field(default_factory=Counter)
    n_contradictions: int = 0
    figures: list[TaskFigures] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRows:
    """The task rows of a run, made anew whenever they are asked for.

    Attributes:
        tasks: The tasks as JSON text.
        workflow_id: The workflow they must belong to.
        clock: Turns their times into UTC.
        variants: What they executed.
        unknown: Fields that nobody measured in this run.
        patterns: Texts that tell the class of a failure, before the built-in ones.
    """

    tasks: Sequence[Raw]
    workflow_id: str
    clock: Clock
    variants: Variants
    unknown: frozenset[str]
    patterns: tuple[FailurePattern, ...]

    def __iter__(self) -> Iterator[TaskRow]:
        return self.noting(Notes())

    def noting(self, notes: Notes) -> Iterator[TaskRow]:
        """Yield the rows, and note what is odd about them.

        Raises:
            UnsoundError: A task cannot be right.
            msgspec.DecodeError: A task is not as the format wants it.
        """
        decode, variant_of, utc = wire.decode_task, self.variants.of, self.clock.utc
        workflow_id, patterns, figures = self.workflow_id, self.patterns, notes.figures
        run_unknown = self.unknown
        seen = set()
        for raw in self.tasks:
            task = decode(raw)
            task_id = task.task_id
            seen.add(task_id)
            if task.workflow_id != workflow_id:
                raise UnsoundError("a task of another workflow")
            status = task.task_status
            result = task.test_result or NO_RESULT
            if result is not NO_RESULT and CONSISTENT.get(status, result.status) != result.status:
                notes.n_contradictions += 1
            metadata_text = payload(task.metadata)
            said = SILENT
            if metadata_text is not None:
                try:
                    said = decode_task_metadata(task.metadata)
                except ValidationError:
                    said = usable(task.metadata, TaskMetadata, notes.ignored)

            created_at, finished_at = task.created_at, task.finished_at
            if created_at.tzinfo is not UTC or not FIRST_YEAR <= created_at.year <= LAST_YEAR:
                created_at = utc(created_at)
            if finished_at is not None and (
                finished_at.tzinfo is not UTC or not FIRST_YEAR <= finished_at.year <= LAST_YEAR
            ):
                finished_at = utc(finished_at)

            seconds, attempts = task.execution_time or 0.0, task.attempt_count
            tokens, cost = result.tokens_used, result.cost
            attempts = 1 if attempts is None else attempts
            if figures is not None:
                figures.append(TaskFigures(status, seconds, tokens or 0, cost or 0.0, attempts))
            score = said.score if result.score is None else result.score
            latency_ms = seconds * 1000 if seconds and not said.cached else None
            unknown = run_unknown
            if said.unknown_fields is not None:
                unknown = run_unknown.union(said.unknown_fields)
            if unknown:
                latency_ms = None if "execution_time" in unknown else latency_ms
                tokens = None if "tokens_used" in unknown else tokens
                cost = None if "cost" in unknown else cost
                score = None if "score" in unknown else score

            dataset = task.dataset or result.dataset or None
            inputs = payload(result.inputs)
            if said.case_id or said.case_id == 0:
                case_id, case_source = str(said.case_id), GIVEN
            else:
                case_id, case_source = derived_case(task_id, dataset, inputs)
            message = task.error_message or result.error_message or None
            kind = reason = None
            if status in BY_STATUS and (failure := classify(status, message, extra=patterns)):
                kind, reason = failure.kind.value, failure.reason
            yield new_row(
                (
                    task_id,
                    case_id,
                    case_source,
                    said.repeat,
                    variant_of(said, result.prompt_variant),
                    dataset,
                    task.scenario or "normal",
                    status,
                    kind,
                    reason,
                    message,
                    score,
                    latency_ms,
                    tokens,
                    said.tokens_in,
                    said.tokens_out,
                    cost,
                    said.cached,
                    attempts,
                    said.family,
                    said.tenant,
                    said.task_type,
                    created_at,
                    finished_at,
                    inputs,
                    payload(result.outputs),
                    metadata_text,
                    payload(result.metadata),
                )
            )
        if len(seen) != len(self.tasks):
            raise UnsoundError("a task id that occurs twice")


def payload(raw: Raw) -> str | None:
    """Return an object as JSON text, None where there is nothing in it.

    Raises:
        UnsoundError: It is no object, or its text has half a surrogate pair.
        UnicodeDecodeError: It is not in UTF-8.
    """
    text = str(raw, "utf-8")
    if text == "{}" or text == "null":  # noqa: PLR1714 - a third of the time of `in`
        return None
    if text[0] != "{" or ("\\" in text and has_lone_surrogate(text)):
        raise UnsoundError("a payload that is no object of text")
    return text


def has_lone_surrogate(text: str) -> bool:
    r"""Tell whether JSON text has half a surrogate pair, such as `\ud800`."""
    if "\\ud" not in text and "\\uD" not in text:
        return False
    return any(match["lone"] for match in ESCAPE.finditer(text))
