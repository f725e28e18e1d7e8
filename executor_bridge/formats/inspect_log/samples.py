"""Samples of an Inspect AI log, whole or summarized, as outcomes of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from executor_bridge.clock import Clock
from executor_bridge.formats.inspect_log.header import Failure
from executor_bridge.formats.inspect_log.scores import Said, primary_of, scores_of
from executor_bridge.formats.inspect_log.usage import Usage, of_graders, of_the_system
from executor_bridge.judging import judged
from executor_bridge.outcomes import Outcome, case_of_content, short_name
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import CaseSource, Score, Variant

CANCELLED = ("CancelledError(", "Cancelled(")
"""How the message of a sample begins that was ended because the run was."""

TIME_LIMITS = ("time", "working")
"""Limits that end a sample for its time; it was scored as it stood, but did not finish."""

SCENARIOS = ("normal", "boundary", "error", "custom")
MS_PER_S = 1000
NOT_FINISHED = "the sample was not finished when the log was written"
UNNAMED = "score"
"""Name of the score in logs that have only one and do not name it."""


class Limit(Struct):
    """What ended a sample before its time."""

    type: str
    limit: float | None = None


class Message(Struct):
    """What the model wrote: a text, or parts of which some are texts."""

    content: Any = None


class Choice(Struct):
    """One of the answers that were asked for in one call."""

    message: Message


class Output(Struct):
    """What the model said last; old logs leave the completion to be taken from the choices."""

    completion: str | None = None
    choices: list[Choice] | None = None


class Sample(Struct):
    """One sample: the fields of a summary, and those that only a whole sample has."""

    id: int | str
    epoch: int = 1
    input: Raw = Raw(b"null")
    choices: Raw = Raw(b"null")
    target: Raw = Raw(b"null")
    metadata: dict[str, Raw] | None = None
    scores: dict[str, Said] | None = None
    score: Said | None = None
    model_usage: dict[str, Usage] | None = None
    role_usage: dict[str, Usage] | None = None
    started_at: str | None = None
    completed_at: str | None = None
    total_time: float | None = None
    working_time: float | None = None
    uuid: str | None = None
    error: Failure | str | None = None
    limit: Limit | str | None = None
    retries: int | None = None
    error_retries: list[Raw] | None = None
    completed: bool | None = None
    output: Output | None = None
    invalidation: dict[str, Raw] | None = None

    def key(self) -> tuple[str, int]:
        """Return what tells it from the other samples of its log."""
        return str(self.id), self.epoch

    def said(self) -> Mapping[str, Said]:
        """Return what scorers said; old logs had one score without a name."""
        return self.scores or ({UNNAMED: self.score} if self.score is not None else {})

    def ended_by(self) -> str | None:
        """Return the kind of limit that ended it, None where none did."""
        return self.limit.type if isinstance(self.limit, Limit) else self.limit

    def failure(self) -> str | None:
        """Return the message of the error that ended it, None where none did."""
        return self.error.message if isinstance(self.error, Failure) else self.error

    def is_unscored(self, score: Score | None) -> bool:
        """Tell whether it ran to its end, but the main scorer gave no value."""
        ended = self.failure() or self.completed is False or self.ended_by() in TIME_LIMITS
        return not ended and (score is None or score.value is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The outcomes of samples, made anew whenever they are gone through.

    Attributes:
        samples: The samples.
        variant: What was executed.
        dataset: Their data set, or None.
        scorer: Name of the main score, None where there is no score.
        mark: The score from which on a sample passes, None where nothing is judged.
        clock: Turns their times into UTC.
        is_shuffled: Whether their ids are numbers given after shuffling, which name no case.
    """

    samples: Iterable[Sample]
    variant: Variant
    dataset: str | None
    scorer: str | None
    mark: float | None
    clock: Clock
    is_shuffled: bool

    def __iter__(self) -> Iterator[Outcome]:
        """Yield the outcome of each sample."""
        return (self._outcome(sample) for sample in self.samples)

    def _outcome(self, sample: Sample) -> Outcome:
        scores = tuple(scores_of(sample.said()))
        score = primary_of(scores, self.scorer)
        status, message = self._ending(sample, score)
        judge = of_graders(sample.role_usage)
        usage = of_the_system(sample.model_usage, judge)
        said = sample.metadata or {}
        seconds = sample.total_time if sample.working_time is None else sample.working_time
        retries = sample.retries or len(sample.error_retries or ())
        return Outcome(
            key=f"{sample.id}_epoch_{sample.epoch}",
            case_id=_content_case(sample, self.dataset) if self.is_shuffled else str(sample.id),
            case_source=CaseSource.CONTENT if self.is_shuffled else CaseSource.GIVEN,
            variant=self.variant,
            status=status,
            message=message,
            repeat=None if self.is_shuffled else max(0, sample.epoch - 1),
            score=score.value if score is not None else None,
            scores=scores,
            latency_ms=None if seconds is None else seconds * MS_PER_S,
            tokens=usage.total_tokens,
            tokens_in=usage.input_tokens,
            tokens_out=usage.output_tokens,
            tokens_cached=usage.input_tokens_cache_read,
            cost_usd=usage.total_cost,
            judge_tokens=judge.total_tokens,
            judge_cost_usd=judge.total_cost,
            attempts=1 + max(0, retries),
            dataset=self.dataset,
            scenario=_text_of(said, "scenario", SCENARIOS) or "normal",
            family=_text_of(said, "family"),
            request_id=sample.uuid,
            created_at=time_of(sample.started_at, self.clock),
            finished_at=time_of(sample.completed_at, self.clock),
            inputs=_json(
                {"input": sample.input, "choices": sample.choices, "target": sample.target}
            ),
            outputs=_json({"output": _completion(sample.output), "answer": self._answer(sample)}),
            metadata=_json(
                {
                    "metadata": said or None,
                    "total_time": sample.total_time,
                    "working_time": sample.working_time,
                    "limit": sample.limit,
                }
            ),
        )

    def _ending(self, sample: Sample, score: Score | None) -> tuple[str, str | None]:
        """Return the status of a sample, and why it did not succeed where that was said."""
        failure = sample.failure()
        if failure is not None:
            return ("cancelled" if failure.startswith(CANCELLED) else "error"), failure
        if sample.completed is False:
            return "cancelled", NOT_FINISHED
        if sample.ended_by() in TIME_LIMITS:
            return "timeout", f"ended by its {sample.ended_by()} limit"
        if self.mark is not None and sample.is_unscored(score):
            return "cancelled", f"not scored by {short_name(self.scorer or 'anybody')}"
        value = score.value if score is not None else None
        status = judged(value, self.mark)
        if status == "failed":
            return (
                status,
                f"{short_name(self.scorer or UNNAMED)}: found {value:g}, expected {self.mark:g}",
            )
        return status, None

    def _answer(self, sample: Sample) -> Any:
        """Return what the main scorer took for the answer, where the model's words are absent."""
        if sample.output is not None or self.scorer is None:
            return None
        said = sample.said()
        one = said.get(self.scorer) or said.get(self.scorer.partition(".")[0])
        return one and one.answer


def time_of(text: str | None, clock: Clock) -> datetime | None:
    """Return a time as UTC, None for what is none or cannot be meant."""
    if not text:
        return None
    try:
        return clock.utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _content_case(sample: Sample, dataset: str | None) -> str:
    """Return the identity of a case by what was asked and expected; ids of messages are random."""
    asked = _value(sample.input)
    if isinstance(asked, list):
        asked = [
            {name: value for name, value in message.items() if name != "id"}
            for message in asked
            if isinstance(message, dict)
        ]
    expected = _value(sample.target)
    return case_of_content({"input": asked, "target": expected}, dataset=dataset)


def _value(raw: Raw) -> Any:
    """Return what a text stands for that was only looked through, bytes that are none replaced."""
    return msgspec.json.decode(bytes(memoryview(raw)).decode("utf-8", "replace"))


def _completion(output: Output | None) -> str | None:
    """Return what the model said last, None where that is not recorded."""
    if output is None:
        return None
    if output.completion is not None or not output.choices:
        return output.completion
    content = output.choices[0].message.content
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _text_of(said: Mapping[str, Raw], name: str, among: tuple[str, ...] = ()) -> str | None:
    """Return a text among the metadata of a sample, None where there is none of use."""
    value = _value(said[name]) if name in said else None
    return value if isinstance(value, str) and (not among or value in among) else None


def _json(values: Mapping[str, Any]) -> str | None:
    """Return what is known of some values as the text of an object."""
    known = {k: v for k, v in values.items() if v is not None and _is_said(v)}
    return msgspec.json.encode(known).decode("utf-8", "replace") if known else None


def _is_said(value: Any) -> bool:
    return not isinstance(value, Raw) or bytes(memoryview(value)[:4]) != b"null"
