"""What is kept of a span: who it is for, how it ended, what it called, how it was graded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, get_args

from msgspec import Raw, Struct

from executor_bridge.amounts import number
from executor_bridge.limits import Scenario
from executor_bridge.tracing.genai import Attributes, Call, call_of, is_judge, parsed, text
from executor_bridge.tracing.otlp import Event, Span
from optimizer.models.tasks import Score

LANGSMITH_CASE_ID = "langsmith.reference_example_id"
LANGSMITH_EXPERIMENT = ("langsmith.trace.session_name",)
CASE_ID = (
    "optimizer.case_id",
    "langfuse.experiment.item.id",
    LANGSMITH_CASE_ID,
    "test.case.name",
)
EVALS_CASE_ID = ("logfire.experiment.source_case_name", "case_name")
EVALS_CASE = ("case_name", "task_name")
"""What the span of a case has that pydantic-evals writes."""

MS_PER_S = 1000
EVALS_SCORES = ("assertions", "scores")
RUN_ID = ("optimizer.run_id", "langfuse.experiment.name")
VARIANT = ("optimizer.variant_id", "gen_ai.prompt.name")
WORKFLOW = ("optimizer.workflow_id", "optimizer.workflow", "gen_ai.workflow.name", "service.name")
NO_SERVICE = "unknown_service"
"""How the name begins that the SDKs give a service without one."""

DATASET = ("optimizer.dataset", "langfuse.experiment.dataset.id", "test.suite.name")
SCENARIOS = frozenset(get_args(Scenario))
RESULT = "gen_ai.evaluation.result"
VERDICT = "test.case.result.status"
VERDICTS = {
    **dict.fromkeys(("pass", "passed", "correct", "true"), True),
    **dict.fromkeys(("fail", "failed", "incorrect", "false"), False),
}
"""What labels of evaluators say; others are no verdict."""

TIMEOUT = re.compile(r"time[ _-]?(?:d[ _-]?)?out|deadline|^(?:408|504)$", re.IGNORECASE)
CANCELLED = re.compile(r"cancel", re.IGNORECASE)
ASSERTION = re.compile(r"assert\w*(?:error|exception)|assertion", re.IGNORECASE)
EXCEPTION = "exception"
LEVEL, LEVEL_MESSAGE = "langfuse.observation.level", "langfuse.observation.status_message"
RESOURCE = (
    "service.name",
    "service.version",
    "deployment.environment.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
    "vcs.ref.head.revision",
    "vcs.ref.head.name",
    "vcs.change.id",
)
FIRST_NS, LAST_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9
"""The years 2000 to 2099; other times are taken as unknown."""


class Names(NamedTuple):
    """What a span is called by those who run tests; None is what they do not say."""

    case_id: str | None
    repeat: int | None
    run_id: str | None
    variant: str | None
    workflow: str | None
    dataset: str | None
    scenario: str | None
    family: str | None
    tenant: str | None

    def may_be_of(self, above: Names) -> bool:
        """Tell whether a span is of the same task as one above: it does not say otherwise."""
        mine = (self.case_id, self.repeat, self.run_id, self.variant)
        other = (above.case_id, above.repeat, above.run_id, above.variant)
        return all(one in (None, its) for one, its in zip(mine, other, strict=True))


class Failure(NamedTuple):
    """Why a span did not end well: a state of a task, and a message."""

    status: str
    message: str | None


class Step(Struct, gc=False, kw_only=True):
    """What is kept of a span.

    Attributes:
        trace_id: Its trace.
        span_id: Its id there.
        parent_id: The span above, or None.
        has_remote_parent: Whether that one is of another process; None where unknown.
        name: Its name.
        start_ns: When it began, since 1970, or None.
        end_ns: When it ended, or None where it was cut off.
        duration_ms: How long it took by its own account, without grading, or None.
        names: What it is called by.
        failure: Why it did not end well, or None.
        passed: The verdict of a test framework, or None.
        call: The call to a model, or None where it is none.
        is_judge: Whether it grades.
        scores: What evaluators said of it.
        resource: Facts of what it ran in, as names and values.
        raw: Its JSON text.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    has_remote_parent: bool | None
    name: str
    start_ns: int | None
    end_ns: int | None
    duration_ms: float | None
    names: Names
    failure: Failure | None
    passed: bool | None
    call: Call | None
    is_judge: bool
    scores: tuple[Score, ...]
    resource: tuple[tuple[str, str], ...]
    raw: Raw


def step_of(span: Span) -> Step:
    """Return what is kept of a span; what it says itself goes before what its resource says."""
    said = {**span.resource, **span.attributes}
    return Step(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        has_remote_parent=span.has_remote_parent,
        name=span.name,
        start_ns=_sane(span.start_ns),
        end_ns=_sane(span.end_ns),
        duration_ms=_duration_ms(span.attributes),
        names=_names(said),
        failure=_failure(span),
        passed=verdict_of(said.get(VERDICT)),
        call=call_of(span.attributes),
        is_judge=is_judge(span.attributes),
        scores=tuple(_scores(span)),
        resource=tuple(
            (name, said_by) for name in RESOURCE if (said_by := text(span.resource, (name,)))
        ),
        raw=span.raw,
    )


def failure_of(kind: str, message: str | None) -> Failure:
    """Return a failure by the kind of error that ended a span."""
    by_kind = {"timeout": TIMEOUT, "cancelled": CANCELLED, "failed": ASSERTION}
    status = next((name for name, pattern in by_kind.items() if pattern.search(kind)), "error")
    return Failure(status, message)


def scenario_of(name: str | None) -> str | None:
    """Return a scenario, None where a name is none of those there are."""
    return name if name in SCENARIOS else None


def verdict_of(label: object) -> bool | None:
    """Return what a label says of pass or fail, None where that is nothing."""
    return VERDICTS.get(label.strip().lower()) if isinstance(label, str) else None


def _scores(span: Span) -> Iterator[Score]:
    """Yield what evaluators said of a span, in its events or, by pydantic-evals, on it."""
    yield from (score_of(event) for event in span.events if event.name == RESULT)
    if not span.attributes.keys() >= set(EVALS_CASE):
        return
    for kind in EVALS_SCORES:
        told = parsed(span.attributes.get(kind))
        for name, said in told.items() if isinstance(told, dict) else ():
            value = said.get("value") if isinstance(said, dict) else None
            is_verdict = isinstance(value, bool)
            reason = text(said, ("reason",)) if isinstance(said, dict) else None
            amount = number(int(value) if isinstance(value, bool) else value)
            yield Score(name, amount, value if is_verdict else None, reason)


def score_of(event: Event) -> Score:
    """Return what an evaluator said."""
    said = event.attributes
    label = said.get("gen_ai.evaluation.score.label")
    reason = text(said, ("gen_ai.evaluation.explanation", "error.message", "error.type"))
    return Score(
        text(said, ("gen_ai.evaluation.name",)) or "evaluation",
        number(said.get("gen_ai.evaluation.score.value")),
        verdict_of(label),
        reason or (label if isinstance(label, str) else None),
    )


def _duration_ms(said: Attributes) -> float | None:
    """Return how long a task took that pydantic-evals ran: its span lasts until it is graded."""
    seconds = number(said.get("task_duration")) if said.keys() >= set(EVALS_CASE) else None
    return None if seconds is None else seconds * MS_PER_S


def _names(said: Attributes) -> Names:
    repeat = said.get("optimizer.repeat")
    is_count = isinstance(repeat, int) and not isinstance(repeat, bool) and repeat >= 0
    is_case_of_evals = said.keys() >= set(EVALS_CASE)
    return Names(
        case_id=_name(said, CASE_ID) or (_name(said, EVALS_CASE_ID) if is_case_of_evals else None),
        repeat=repeat if is_count else None,
        run_id=_name(said, (*RUN_ID, *(LANGSMITH_EXPERIMENT if LANGSMITH_CASE_ID in said else ()))),
        variant=_name(said, VARIANT),
        workflow=_name(said, WORKFLOW),
        dataset=_name(said, DATASET),
        scenario=scenario_of(_name(said, ("optimizer.scenario",))),
        family=_name(said, ("optimizer.family",)),
        tenant=_name(said, ("optimizer.tenant",)),
    )


def _name(said: Attributes, names: tuple[str, ...]) -> str | None:
    """Return the first of some attributes that can be a name: a text or a whole number."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str) and value.startswith(NO_SERVICE):
            continue
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def _failure(span: Span) -> Failure | None:
    """Return why a span did not end well; a failed assertion is no error."""
    error_type = text(span.attributes, ("error.type",))
    is_error = span.is_error or span.attributes.get(LEVEL) == "ERROR"
    if not is_error and error_type is None:
        return None
    thrown: Attributes = {}
    for event in span.events:
        if event.name == EXCEPTION:
            thrown = event.attributes
    said = text(span.attributes, (LEVEL_MESSAGE,))
    message = span.message or said or text(thrown, ("exception.message",)) or error_type
    kind = error_type or text(thrown, ("exception.type",)) or message or ""
    return failure_of(kind, message)


def _sane(time_ns: int | None) -> int | None:
    return time_ns if time_ns is not None and FIRST_NS <= time_ns < LAST_NS else None
