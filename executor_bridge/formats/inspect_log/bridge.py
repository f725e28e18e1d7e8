"""Logs of Inspect AI: `.eval` archives, read from head and summaries, and `.json`.

Written for log versions 1 and 2 (class `EvalLog`), as inspect-ai up to 0.3.285 writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock
from executor_bridge.formats.inspect_log.files import HEADER, START, SUMMARIES, Log, log_of
from executor_bridge.formats.inspect_log.header import Header, Revision, Stats
from executor_bridge.formats.inspect_log.samples import UNNAMED, Outcomes, Sample, time_of
from executor_bridge.formats.inspect_log.scores import primary_of, scores_of
from executor_bridge.formats.inspect_log.warnings import of_scores, of_the_run
from executor_bridge.judging import pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, RunFacts, file_time
from executor_bridge.runs import run_of
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Score, Source

OF_A_LOG = frozenset({"eval.task", "eval.created"})


class InspectLog:
    """The bridge of Inspect AI."""

    name: ClassVar[str] = "inspect"
    wants: ClassVar[str] = (
        f"an archive with {HEADER} or {START}; or status, eval.task, eval.created"
    )
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="Inspect AI: a log as `.eval` (deflate or zstd) or as `.json`",
        versions="log versions 1 and 2, inspect-ai up to 0.3.285",
        carried_over=(
            "of an `.eval` only head and summaries, or the journal of a run that crashed; samples "
            "are opened only where some were declared void, or where old summaries tell no tokens "
            "(up to 64 MB of samples)",
            "C, yes, true: 1; P: 0.5; I, N, no, false: 0; NaN: not scored, so neither passed nor "
            "failed but cancelled",
            "every score by name, those of a group as `scorer.key`; the headline or else the first "
            "scorer decides, --score names another",
            "an error of a sample, even where it was scored; CancelledError is cancelled",
            "a time or working limit is a timeout; what another limit ended is scored as it stood",
            "working_time as latency, tokens and cost from model_usage, those of the roles grader, "
            "judge, scorer and evaluator apart",
            "ids of samples as cases; of shuffled data whose ids are numbers, their content",
            "epochs as repeats, retries as attempts, git commit, times of run and samples",
            "as the variant: prompts among the parameters of solvers, model, generate config, "
            "arguments of task and solvers, limits",
        ),
        lost=(
            "messages, events, attachments, stores and stack traces; of an `.eval` the answer is "
            "what the scorer took for it, and long inputs are shortened by the tool",
            "metrics and reductions: computed anew from the samples",
            "working_time includes grading",
            "tokens of a model that grades without a role cannot be told from the system's",
            "which answers came from a cache",
        ),
        example='{"version": 2, "status": "success",\n'
        ' "eval": {"eval_id": "e1", "created": "2026-03-01T12:00:00+00:00", "task": "capitals",\n'
        '  "dataset": {"name": "capitals", "samples": 1}, "model": "openai/gpt-4o-mini",\n'
        '  "config": {"epochs": 1}, "packages": {"inspect_ai": "0.3.285"}},\n'
        ' "plan": {"steps": [{"solver": "generate", "params": {}}],\n'
        '  "config": {"temperature": 0.7}},\n'
        ' "stats": {"started_at": "2026-03-01T12:00:00+00:00",\n'
        '  "completed_at": "2026-03-01T12:00:02+00:00"},\n'
        ' "samples": [{"id": "fr", "epoch": 1, "input": "Capital of France?", "target": "Paris",\n'
        '  "output": {"completion": "Paris"}, "scores": {"match": {"value": "C"}},\n'
        '  "model_usage": {"openai/gpt-4o-mini": {"input_tokens": 12, "output_tokens": 1,\n'
        '   "total_tokens": 13}}, "total_time": 0.9, "working_time": 0.8}]}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is an archive with the head of a log, or a log as one object."""
        if head.shape is Shape.ZIP:
            is_log = any(name.startswith(("samples/", "_journal/")) for name in head.keys)
            return head.has(START) or (head.has(HEADER) and is_log) or head.has(HEADER, SUMMARIES)
        return head.shape is Shape.OBJECT and head.has("status", "eval") and head.inner >= OF_A_LOG

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the log in a file as one run.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        skipped = Skipped(settings)
        log = log_of(source, settings, skipped)
        header, samples = log.header, log.samples
        clock = Clock(settings.assume_timezone)
        names = list(dict.fromkeys(score.name for one in samples for score in _scores(one)))
        scorer = _main(names, header, settings)
        mains = [primary_of(_scores(one), scorer) for one in samples]
        mark = pass_mark((one.value for one in mains if one is not None), settings.pass_score)
        outcomes = Outcomes(
            samples=samples,
            variant=header.variant(),
            dataset=header.eval.dataset.name or header.eval.task,
            scorer=scorer,
            mark=mark,
            clock=clock,
            is_shuffled=_is_numbered_after_shuffling(header, samples),
        )
        warnings = (
            *of_the_run(log),
            *of_scores(samples, mains, scorer, mark),
            *skipped.warnings(),
        )
        facts = _facts(log, clock, warnings, settings)
        return skipped.reading(
            log.source, [run_of(facts, outcomes, source=source, settings=settings)]
        )


def _scores(sample: Sample) -> list[Score]:
    return list(scores_of(sample.said()))


def _main(names: Sequence[str], header: Header, settings: IngestSettings) -> str | None:
    """Return the name of the score that decides, None where there is none of that name."""
    wanted = [settings.score] if settings.score else [*header.scorers(), UNNAMED, *names]
    groups = {name.partition(".")[0] for name in names}
    return next((name for name in wanted if name in names or name in groups), None)


def _is_numbered_after_shuffling(header: Header, samples: Sequence[Sample]) -> bool:
    """Tell whether ids are places in an order that differs from run to run."""
    is_shuffled = bool(header.eval.dataset.shuffled)
    return is_shuffled and all(isinstance(sample.id, int) for sample in samples)


def _facts(log: Log, clock: Clock, warnings: tuple[str, ...], settings: IngestSettings) -> RunFacts:
    """Return what the head of a log says of its run."""
    header, source = log.header, log.source
    spec = header.eval
    stats = header.stats or Stats()
    started_at = _time("stats.started_at", stats.started_at, clock, source)
    told = started_at or _time("eval.created", spec.created, clock, source)
    finished_at = _time("stats.completed_at", stats.completed_at, clock, source)
    revision = spec.revision or Revision()
    return RunFacts(
        run_id=header.run_id(source.sha256),
        workflow_id=settings.workflow or spec.task,
        started_at=told or file_time(source),
        finished_at=finished_at,
        duration_s=_seconds(told, finished_at),
        tool=InspectLog.name,
        tool_version=_version(header),
        git_sha=revision.commit,
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata={name: value for name, value in _said(header).items() if value is not None},
        warnings=(*(() if told else (NO_TIME,)), *warnings),
    )


def _time(place: str, text: str | None, clock: Clock, source: Source) -> datetime | None:
    """Return a time of the run, None where there is none that can be meant.

    Raises:
        FormatError: It carries no zone, and none may be assumed.
    """
    n_naive = clock.n_naive
    found = time_of(text, clock)
    if found is None and clock.n_naive > n_naive:
        fault = Fault(place=place, found=text, expected="a time with its zone")
        raise FormatError(source.path, (fault,))
    return found


def _seconds(started_at: datetime | None, finished_at: datetime | None) -> float | None:
    if started_at is None or finished_at is None or finished_at < started_at:
        return None
    return (finished_at - started_at).total_seconds()


def _version(header: Header) -> str | None:
    version = (header.eval.packages or {}).get("inspect_ai")
    return version if isinstance(version, str) else None


def _said(header: Header) -> dict[str, Any]:
    """Return what else a log says of its run."""
    spec = header.eval
    return {
        "status": header.status,
        "error": header.error and header.error.message,
        "run_id": spec.run_id or None,
        "task_id": spec.task_id or None,
        "task_version": spec.task_version,
        "task_args": spec.task_args or None,
        "model": spec.model,
        "dataset": spec.dataset.location,
        "dirty": spec.revision and spec.revision.dirty,
        "tags": header.tags or spec.tags or None,
        "metadata": header.metadata or spec.metadata or None,
    }
