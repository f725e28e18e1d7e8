"""Logs of OpenAI evals, as `oaieval` writes them.

Written for evals 1.x to 3.x (`LocalRecorder`): an event to a line, the specification of the run
first and its final report last. Events are written in batches by several threads, so that their
order tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from msgspec import Raw

from executor_bridge.amounts import number
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.formats.openai_evals.log import (
    MATCH,
    NOTHING,
    Log,
    Match,
    Spec,
    Task,
    logs,
    time_of,
)
from executor_bridge.judging import UNJUDGED, judged, pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, Outcome, RunFacts, file_time, variant_of
from executor_bridge.runs import run_of
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, Score, Source, Variant

EVENT = ("event_id", "sample_id", "type", "data")
SPEC = frozenset({"spec.completion_fns", "spec.eval_name", "spec.base_eval", "spec.run_config"})
PREFERRED = ("score", "accuracy")
"""Metrics that are the score of a task where it has no match; else its first one."""

REPORT_NAMES = {"boostrap_std": "bootstrap_std"}
"""Names of figures that the tool misspells."""

SAME = 1e-6
"""How far two figures may lie apart that are the same."""


class OpenaiEvals:
    """The bridge of OpenAI evals."""

    name: ClassVar[str] = "openai_evals"
    wants: ClassVar[str] = "a spec with completion_fns, or events with event_id, sample_id and type"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="OpenAI evals (the open-source oaieval): the log of a run, an event to a line",
        versions="evals 1.x to 3.x",
        carried_over=(
            "a sample_id is a case; it counts the lines of the samples file, so that the file must "
            "not change between runs that are compared",
            "all match events of a sample are correct: passed; the share that is: its score",
            "without a match: the metrics of the sample, the score being --score, else "
            f"{' or '.join(PREFERRED)}, else the first; see --pass-score",
            "an error event makes the task an error; a sample that the log leaves without a grade "
            "is cancelled, one whose grader gave no score is an error",
            "tokens are summed over the sampling events of a sample",
            "variant: completion functions, the model that answered, arguments of the eval and "
            "completion_args",
            "figures of the final report are checked against the events",
        ),
        lost=(
            "there are no latencies: events are stamped when they are recorded, many at a time",
            "tokens of a grading model are among those of the task and cannot be told apart",
            "there are no costs and no repeats: a second run is a second log",
            "raw_sample, function_call, embedding, cond_logp, pick_option and extra events",
        ),
        example='{"spec": {"completion_fns": ["gpt-x"], "eval_name": "capitals.test.v0", '
        '"base_eval": "capitals", "split": "test", "run_config": {}, "run_id": "r1", '
        '"created_at": "2026-03-01 12:00:00"}}\n'
        '{"run_id": "r1", "event_id": 0, "sample_id": "capitals.test.0", "type": "sampling", '
        '"data": {"prompt": "Capital of France?", "sampled": "Paris"}}\n'
        '{"run_id": "r1", "event_id": 1, "sample_id": "capitals.test.0", "type": "match", '
        '"data": {"correct": true, "expected": "Paris", "picked": "Paris"}}\n'
        '{"final_report": {"accuracy": 1.0}, "run_id": "r1"}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with a specification, an event or a final report."""
        is_spec = head.has("spec") and not SPEC.isdisjoint(head.inner)
        is_report = head.keys[:1] == ("final_report",)
        return head.shape is Shape.OBJECT and (is_spec or is_report or head.has(*EVENT))

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the log of one run, or of several that were put together.

        Raises:
            FormatError: The file holds no sample that can be read; the error says where.
        """
        skipped = Skipped(settings)
        runs = [
            _run(log, source, settings, skipped, n)
            for n, log in enumerate(logs(source, skipped), 1)
        ]
        return skipped.reading(source, runs)


def _run(log: Log, source: Source, settings: IngestSettings, skipped: Skipped, place: int) -> Run:
    """Return the run of a log."""
    spec = log.spec or Spec()
    metric = _primary(log, settings)
    scores = [_score(task, metric) for task in log.tasks.values()]
    is_scored = any(score is not None for score in scores)
    mark = pass_mark(scores, settings.pass_score) if is_scored else None
    base = spec.base_eval or next(iter(log.tasks)).partition(".")[0]
    began = time_of(spec.created_at) or log.first_at
    facts = RunFacts(
        run_id=log.run_id or source.sha256[:16],
        workflow_id=settings.workflow or base,
        started_at=began or file_time(source),
        tool=OpenaiEvals.name,
        metadata=_metadata(log),
        warnings=(
            *([] if began else [NO_TIME]),
            *_caveats(log),
            *([] if mark is not None or _is_matched(log) else [UNJUDGED]),
            *skipped.warnings(),
        ),
    )
    outcomes = _outcomes(log, scores, mark, ".".join(filter(None, (base, spec.split))))
    return run_of(facts, outcomes, source=source, settings=settings, place=place)


def _outcomes(
    log: Log, scores: list[float | None], mark: float | None, dataset: str
) -> list[Outcome]:
    """Return what a log says of its tasks."""
    variant = _variant(log)
    is_graded = any(task.is_graded() for task in log.tasks.values())
    found = []
    for (sample_id, task), score in zip(log.tasks.items(), scores, strict=True):
        status, message = _status(task, score, mark, is_graded=is_graded)
        match = task.match or Match()
        found.append(
            Outcome(
                key=sample_id,
                case_id=sample_id,
                variant=variant,
                status=status,
                message=message,
                score=score,
                scores=tuple(_scores(task)),
                tokens_in=task.usage("prompt_tokens"),
                tokens_out=task.usage("completion_tokens"),
                tokens_cached=task.usage("prompt_tokens_details", "cached_tokens"),
                tokens=task.usage("total_tokens"),
                dataset=dataset,
                finished_at=task.last_at,
                inputs=_inputs(task, match),
                outputs=_object(sampled=task.answer(), picked=match.picked),
            )
        )
    return found


def _status(
    task: Task, score: float | None, mark: float | None, *, is_graded: bool
) -> tuple[str, str | None]:
    """Return the state of a task, and why it is no success."""
    if task.errors:
        return "error", "; ".join(task.errors)
    if task.correct:
        return ("succeeded" if all(task.correct) else "failed"), None
    if is_graded and not task.is_graded():
        return "cancelled", "the log ends before it was graded"
    if mark is not None and score is None:
        return "error", f"the grader gave no score: {task.choice or 'none was recorded'}"
    return judged(score, mark), None


def _primary(log: Log, settings: IngestSettings) -> str | None:
    """Return the metric that is the score of tasks, None where that is the share of matches."""
    names = list(dict.fromkeys(name for task in log.tasks.values() for name in task.metrics))
    if settings.score is not None:
        return settings.score if settings.score != MATCH else None
    if any(task.correct for task in log.tasks.values()):
        return None
    return next((name for name in (*PREFERRED, *names) if name in names), None)


def _score(task: Task, metric: str | None) -> float | None:
    """Return the score of a task: a metric, or the share of its matches that are correct."""
    return _mean(task.correct if metric is None else task.metrics.get(metric, ()))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _scores(task: Task) -> Iterator[Score]:
    """Yield what each scorer said."""
    if task.correct:
        yield Score(MATCH, _mean(task.correct), all(task.correct))
    if task.choice is not None:
        yield Score("choice", None, None, task.choice)
    for name, values in task.metrics.items():
        yield Score(name, _mean(values))


def _is_matched(log: Log) -> bool:
    return any(task.correct for task in log.tasks.values())


def _variant(log: Log) -> Variant:
    """Return what was executed: the completion functions and what was given to them."""
    spec = log.spec or Spec()
    models = {
        task.samplings[0].model
        for task in log.tasks.values()
        if task.samplings and isinstance(task.samplings[0].model, str)
    }
    named = spec.completion_fns[0] if spec.completion_fns else None
    return variant_of(
        ",".join(spec.completion_fns) or "default",
        model=models.pop() if len(models) == 1 else named,
        parameters=spec.arguments(),
    )


def _metadata(log: Log) -> dict[str, Any]:
    """Return what else a log says of its run."""
    spec = log.spec or Spec()
    report = {REPORT_NAMES.get(k, k): v for k, v in (log.report or {}).items()}
    is_judged = any(task.choice for task in log.tasks.values())
    said = {
        "eval_name": spec.eval_name,
        "created_by": spec.created_by,
        "completion_fns": spec.completion_fns or None,
        "seed": spec.run_config.get("seed"),
        "max_samples": spec.run_config.get("max_samples"),
        "judge": spec.completion_fns[-1] if is_judged and spec.completion_fns else None,
        "modelgraded_spec": spec.argument("modelgraded_spec"),
        "final_report": report or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _caveats(log: Log) -> Iterator[str]:
    """Yield what a reader should know of a log."""
    if log.spec is None:
        yield "the log has no specification: what was executed is unknown"
    if log.report is None:
        yield "the log has no final report: the run did not end, what it recorded is read"
    limit = (log.spec or Spec()).run_config.get("max_samples")
    if limit is not None:
        yield f"run with max_samples {limit}: only so many samples ran"
    tasks = log.tasks.values()
    several = sum(len(task.correct) > 1 for task in tasks)
    if several:
        yield (
            f"samples with several match events: {several}; they pass where all are correct, and "
            "their score is the share that is"
        )
    if any(sum(one.usage is not None for one in task.samplings) > 1 for task in tasks):
        yield (
            "tokens are summed over all model calls of a sample; those of a grading model cannot "
            "be told apart"
        )
    yield from _disagreements(log)


def _disagreements(log: Log) -> Iterator[str]:
    """Yield the figures of the final report that the events contradict."""
    tasks = log.tasks.values()
    matches = [correct for task in tasks for correct in task.correct]
    counted: dict[str, float | None] = {
        f"usage_{name}": _total(task.usage(name) for task in tasks)
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    }
    for name in PREFERRED:
        counted[name] = _mean([v for task in tasks for v in task.metrics.get(name, ())])
    counted["accuracy"] = _mean(matches) if matches else counted["accuracy"]
    for name, found in counted.items():
        said = number((log.report or {}).get(name))
        if said is not None and found is not None and abs(said - found) > SAME:
            yield f"the final report says {name} {said:g}, the events give {found:g}"


def _total(counts: Iterable[int | None]) -> float | None:
    known = [count for count in counts if count is not None]
    return float(sum(known)) if known else None


def _inputs(task: Task, match: Match) -> str | None:
    """Return what was asked; what was expected alone would make different samples look alike."""
    prompt = task.samplings[0].prompt if task.samplings else NOTHING
    return _object(prompt=prompt, expected=match.expected) if prompt != NOTHING else None


def _object(**fields: Raw) -> str:
    """Return an object of what is known, as JSON text."""
    said = [f'"{name}":{bytes(raw).decode()}' for name, raw in fields.items() if raw != NOTHING]
    return f"{{{','.join(said)}}}"
