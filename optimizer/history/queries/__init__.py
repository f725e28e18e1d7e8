"""One function per .sql file of this folder: typed parameters in, frozen records out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from optimizer.history.duck import DuckDBPyConnection
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry, Decision, DecisionState
from optimizer.models.errors import HistoryError
from optimizer.models.names import legible
from optimizer.models.summaries import (
    FailureGroup,
    Reject,
    RunSummary,
    WindowSummary,
    WorkflowSummary,
)
from optimizer.models.tasks import UNJUDGED
from optimizer.models.terms import ExperimentStatus
from optimizer.stats.quantiles import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.cases import ArmRun, VariantRun
    from optimizer.models.experiments import Baseline, Experiment, Look
    from optimizer.models.feedback import MatchedFeedback, VariantTasks
    from optimizer.models.series import WindowRow
    from optimizer.models.summaries import Grading, ScorerFigures, SpreadBin

Row = TypeVar("Row")

ALL = 2**31 - 1

FEW = 100
"""Rows of long texts that are held at once."""

UNDECODABLE = (msgspec.DecodeError, RecursionError)
"""What decoding raises where a text is not what was stored."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WINDOW_TIMES = ("start_us", "end_us", "last_us")

Z2 = normal_quantile(0.975) ** 2
"""Square of the normal quantile of the 95 % intervals in `Figures`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """What tells whether a stored run is the same as one that comes in."""

    run_id: str
    content_sha256: str
    source_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Row counts that must agree in a sound history."""

    n_runs: int
    n_tasks: int
    n_reported_tasks: int
    n_payloads: int
    n_orphans: int
    n_duplicate_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmInRun:
    """A variant in a run, and how many tests it had there."""

    run_id: str
    variant_id: str
    variant: str
    n_tasks: int
    n_completed: int
    n_succeeded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVariants:
    """Which variants and prompt texts are stored already."""

    variant_ids: frozenset[str]
    prompt_sha256s: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of which all was kept, and how many secrets were blanked in it."""

    source_sha256: str
    n_redacted: int


def windows(
    history: History,
    *,
    workflow_ids: Sequence[str],
    as_of: datetime | None,
    max_runs: int,
    slow_ms: float | None,
) -> list[WindowSummary]:
    """Return the figures of each variant over its newest runs, most recently run first."""
    return rows_of(
        WindowSummary,
        history,
        "windows",
        workflow_ids=list(workflow_ids),
        as_of=stored_time(as_of),
        max_runs=max_runs,
        slow_ms=slow_ms,
        z2=Z2,
        unjudged=UNJUDGED,
    )


def runs(history: History, *, workflow_id: str | None = None, limit: int = ALL) -> list[RunSummary]:
    """Return the runs as wholes, newest first."""
    return rows_of(RunSummary, history, "runs", workflow_id=workflow_id, limit=limit)


def run_reports(history: History, run_id: str) -> list[RunSummary]:
    """Return the figures of one run: as a whole first, then by variant; empty for no run."""
    return rows_of(RunSummary, history, "run_reports", run_id=run_id)


def scorer_figures(history: History, run_id: str) -> list[ScorerFigures]:
    """Return what each scorer said of a run, by scorer and variant."""
    from optimizer.models.summaries import ScorerFigures

    return rows_of(ScorerFigures, history, "scorer_figures", run_id=run_id)


def spread(history: History, run_id: str, metric: str, *, n_bins: int) -> list[SpreadBin]:
    """Return how latency or score spreads over the tests of a run, by variant and bin."""
    from optimizer.models.summaries import SpreadBin

    return rows_of(SpreadBin, history, "spread", run_id=run_id, metric=metric, n_bins=n_bins)


def grading(history: History, run_id: str) -> Grading:
    """Return what the tool of a run said beyond the common figures, in sums."""
    from optimizer.models.summaries import Grading

    return rows_of(Grading, history, "grading", run_id=run_id)[0]


def run_ids(history: History, *, prefix: str) -> list[str]:
    """Return the ids of the runs that begin with `prefix`."""
    return [row[0] for row in tuples_of(history, "run_ids", prefix=prefix)]


def newest_run(
    history: History,
    *,
    branch: str | None = None,
    workflow_id: str | None = None,
    variant: str | None = None,
) -> str | None:
    """Return the id of the newest run that meets the conditions, or None where none does."""
    rows = tuples_of(history, "newest_run", branch=branch, workflow_id=workflow_id, variant=variant)
    return str(rows[0][0]) if rows else None


def run_warnings(history: History, run_id: str) -> tuple[str, ...]:
    """Return what a reader should know of one run."""
    rows = tuples_of(history, "run_warnings", run_id=run_id)
    if not rows:
        return ()
    try:
        return msgspec.json.decode(rows[0][0], type=tuple[str, ...])
    except UNDECODABLE as error:
        raise damaged(f"warnings of run {run_id!r}", error) from error


def failures(history: History, run_id: str, *, limit: int = ALL) -> list[FailureGroup]:
    """Return the failures of one run by class and message, most frequent first."""
    return rows_of(FailureGroup, history, "failures", run_id=run_id, limit=limit)


def variant_prompts(history: History, variant_ids: Sequence[str]) -> dict[str, str]:
    """Return the prompt texts of those variants of which it was recorded, by variant id."""
    return dict(tuples_of(history, "variant_prompts", variant_ids=list(variant_ids)))


def arms(history: History, run_ids: Sequence[str]) -> list[ArmRun]:
    """Return the variants in some runs, oldest run first."""
    from optimizer.models.cases import ArmRun

    return rows_of(ArmRun, history, "arms", run_ids=list(run_ids))


def runs_of_variant(
    history: History, variant: str | None, *, workflow_id: str | None, limit: int
) -> list[VariantRun]:
    """Return the newest runs of the variants with a label, or of all of them, newest first."""
    from optimizer.models.cases import VariantRun

    return rows_of(
        VariantRun,
        history,
        "runs_of_variant",
        variant=variant,
        workflow_id=workflow_id,
        limit=limit,
    )


def case_texts(
    history: History,
    run_ids: Sequence[str],
    variant_id: str,
    *,
    workflow_id: str,
    case_ids: Sequence[str],
    failing: Sequence[bool],
) -> Iterator[tuple[str, str, str | None, str | None, str | None, list[str] | None]]:
    """Yield case, status, inputs, outputs, error and reasons of one try of each case."""
    params = {
        "workflow_id": workflow_id,
        "run_ids": list(run_ids),
        "variant_id": variant_id,
        "case_ids": list(case_ids),
        "failing": [case for case, one in zip(case_ids, failing, strict=True) if one],
    }
    cursor = _asked(history, "case_texts", params)
    while rows := cursor.fetchmany(FEW):
        yield from rows


def workflows(history: History, *, workflow_id: str | None = None) -> list[WorkflowSummary]:
    """Return what is stored of each workflow, or of one, by name."""
    return rows_of(WorkflowSummary, history, "workflows", workflow_id=workflow_id)


def rejects(history: History, *, limit: int = ALL) -> list[Reject]:
    """Return the files that could not be ingested, newest first."""
    return rows_of(Reject, history, "rejects", limit=limit)


def kept_files(history: History) -> list[KeptFile]:
    """Return the files of which all was kept, by hash."""
    return rows_of(KeptFile, history, "kept_files")


def known_sources(history: History) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return id and content hash of the runs that came from each file, by the file's hash."""
    known: dict[str, tuple[tuple[str, str], ...]] = {}
    for sha256, run_id, content_sha256 in tuples_of(history, "known_sources"):
        known[sha256] = (*known.get(sha256, ()), (run_id, content_sha256))
    return known


def has_repeats(history: History) -> bool:
    """Return whether a run that is about to be stored has a case more than once."""
    return bool(tuples_of(history, "has_repeats")[0][0])


def stored_runs(history: History, run_ids: Sequence[str]) -> dict[str, StoredRun]:
    """Return those of some runs that are stored, by id."""
    rows = rows_of(StoredRun, history, "stored_runs", run_ids=list(run_ids))
    return {row.run_id: row for row in rows}


def known_variants(
    history: History, variant_ids: Sequence[str], prompt_sha256s: Sequence[str]
) -> KnownVariants:
    """Return which of some variants and prompt texts are stored."""
    rows = tuples_of(
        history,
        "known_variants",
        variant_ids=list(variant_ids),
        prompt_sha256s=list(prompt_sha256s),
    )
    return KnownVariants(
        variant_ids=frozenset(key for kind, key in rows if kind == "variant"),
        prompt_sha256s=frozenset(key for kind, key in rows if kind == "prompt"),
    )


def decisions(
    history: History, *, prefix: str = "", workflow_id: str | None = None, limit: int = ALL
) -> list[Decision]:
    """Return the decisions whose id begins with `prefix`, newest first."""
    rows = tuples_of(history, "decisions", prefix=prefix, workflow_id=workflow_id, limit=limit)
    return [_decision(*row) for row in rows]


def stored_decisions(history: History, decision_ids: Sequence[str]) -> dict[str, Decision]:
    """Return those of some decisions that are stored, by id."""
    rows = tuples_of(history, "stored_decisions", decision_ids=list(decision_ids))
    return {row[0]: _decision(*row) for row in rows}


def damaged_decisions(history: History) -> list[str]:
    """Return what is wrong with those decisions that cannot be read, newest first."""
    rows = tuples_of(history, "decisions", prefix="", workflow_id=None, limit=ALL)
    return faults(lambda row: _decision(*row), rows)


def damaged_experiments(history: History) -> list[str]:
    """Return what is wrong with those experiments and looks that cannot be read."""
    of_any: dict[str, object] = {"experiment_id": None, "workflow_id": None}
    any_look = of_any | {"metric": None, "baseline_id": None, "candidate_id": None}
    return [
        *faults(_experiment, dicts_of(history, "experiments", **of_any)),
        *faults(_look, dicts_of(history, "looks", **any_look)),
    ]


def faults(build: Callable[[Row], object], rows: Iterable[Row]) -> list[str]:
    """Return what is said of those rows that nothing can be built from."""
    found = []
    for row in rows:
        try:
            build(row)
        except HistoryError as error:
            found.append(str(error))
    return found


def experiments(
    history: History, *, experiment_id: str | None = None, workflow_id: str | None = None
) -> list[Experiment]:
    """Return the experiments, newest first."""
    rows = dicts_of(history, "experiments", experiment_id=experiment_id, workflow_id=workflow_id)
    return [_experiment(row) for row in rows]


def looks(
    history: History,
    *,
    experiment_id: str | None = None,
    workflow_id: str | None = None,
    metric: str | None = None,
    baseline_id: str | None = None,
    candidate_id: str | None = None,
) -> list[Look]:
    """Return the looks that meet the conditions, oldest first."""
    rows = dicts_of(
        history,
        "looks",
        experiment_id=experiment_id,
        workflow_id=workflow_id,
        metric=metric,
        baseline_id=baseline_id,
        candidate_id=candidate_id,
    )
    return [_look(row) for row in rows]


def baselines(history: History, *, workflow_id: str | None = None) -> list[Baseline]:
    """Return the baseline of each workflow that has one, by name."""
    from optimizer.models.experiments import Baseline

    return rows_of(Baseline, history, "baselines", workflow_id=workflow_id)


def arm_runs(
    history: History, workflow_id: str, *, since: datetime | None = None
) -> list[ArmInRun]:
    """Return which variants of a workflow ran in which runs, oldest run first."""
    stored = None if since is None else since.astimezone(UTC).replace(tzinfo=None)
    return rows_of(ArmInRun, history, "arm_runs", workflow_id=workflow_id, since=stored)


def shared_cases(history: History, run_ids: Sequence[str], other_run_ids: Sequence[str]) -> int:
    """Return how many cases of some runs were also in others."""
    params = {"run_ids": list(run_ids), "other_run_ids": list(other_run_ids)}
    return int(tuples_of(history, "shared_cases", **params)[0][0])


def case_ids(history: History, run_ids: Sequence[str]) -> frozenset[str]:
    """Return the cases of some runs."""
    return frozenset(row[0] for row in tuples_of(history, "case_ids", run_ids=list(run_ids)))


def known_feedback(history: History, feedback_ids: Sequence[str]) -> dict[str, str]:
    """Return a hash of what some feedback says, by id; what is not stored is left out."""
    return dict(tuples_of(history, "known_feedback", feedback_ids=list(feedback_ids)))


def matched_feedback(
    history: History,
    *,
    workflow_id: str | None = None,
    run_id: str | None = None,
    source_sha256: str | None = None,
) -> list[MatchedFeedback]:
    """Return what users said, newest first, with the task that each word is of."""
    from optimizer.models.feedback import FeedbackKind, MatchedFeedback

    rows = dicts_of(
        history,
        "matched_feedback",
        workflow_id=workflow_id,
        run_id=run_id,
        source_sha256=source_sha256,
    )
    return [MatchedFeedback(**(row | {"kind": FeedbackKind(row["kind"])})) for row in rows]


def variant_tasks(
    history: History, *, workflow_id: str | None = None, run_id: str | None = None
) -> list[VariantTasks]:
    """Return how many tasks each variant has had, by workflow and label."""
    from optimizer.models.feedback import VariantTasks

    return rows_of(VariantTasks, history, "variant_tasks", workflow_id=workflow_id, run_id=run_id)


def window_series(
    history: History,
    workflow_id: str,
    *,
    variant: str | None,
    metric: str,
    size_us: int,
    slide_us: int,
) -> list[WindowRow]:
    """Return a metric in windows of equal length that have tasks, oldest first."""
    rows = dicts_of(
        history,
        "window_series",
        workflow_id=workflow_id,
        variant=variant,
        metric=metric,
        size_us=size_us,
        slide_us=slide_us,
        n_slides=-(-size_us // slide_us),
    )
    return [_window(row) for row in rows]


def session_series(
    history: History, workflow_id: str, *, variant: str | None, metric: str, gap_us: int
) -> list[WindowRow]:
    """Return a metric in sessions of tasks that begin close to one another, oldest first."""
    params = {"workflow_id": workflow_id, "variant": variant, "metric": metric, "gap_us": gap_us}
    return [_window(row) for row in dicts_of(history, "session_series", **params)]


def audit(
    history: History,
    *,
    subject: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditEntry]:
    """Return the audit log, or those of its lines that meet the conditions, oldest first."""
    return rows_of(
        AuditEntry,
        history,
        "audit",
        subject=subject,
        actor=actor,
        since=stored_time(since),
        until=stored_time(until),
    )


def last_audit(history: History) -> tuple[int, str] | None:
    """Return place and hash of the last line of the audit log, or None of an empty one."""
    rows = tuples_of(history, "last_audit")
    return (rows[0][0], rows[0][1]) if rows else None


def counts(history: History) -> Counts:
    """Return the row counts that must agree."""
    return rows_of(Counts, history, "counts")[0]


def stored_time(time: datetime | None) -> datetime | None:
    """Return a time as the database takes it: in UTC, without a zone."""
    return time and time.astimezone(UTC).replace(tzinfo=None)


def text(name: str) -> str:
    """Return the SQL of a query, by its name."""
    return _sql(name)


def rows_of(record: type[Row], history: History, name: str, **params: object) -> list[Row]:
    """Run `name`.sql and build one record per row, matching columns to fields by name."""
    cursor = _asked(history, name, params)
    wanted = {field.name for field in fields(record)}  # type: ignore[arg-type]
    names = [column[0] for column in cursor.description]
    columns = dict(zip(names, zip(*cursor.fetchall(), strict=True), strict=False))
    return _records(record, {one: _utcs(columns[one]) for one in columns if one in wanted})


def _records(record: type[Row], columns: Mapping[str, Sequence[object]]) -> list[Row]:
    """Return a record per row; one of slots that are all told is filled a column at a time."""
    told = {field.name for field in fields(record)}  # type: ignore[arg-type]
    slots: dict[str, Any] = {name: getattr(record, name, None) for name in columns}
    is_bare = hasattr(record, "__post_init__") or told != slots.keys()
    if is_bare or not all(hasattr(slot, "__set__") for slot in slots.values()):
        rows = zip(*columns.values(), strict=True)
        return [record(**dict(zip(columns, row, strict=True))) for row in rows]
    made = [object.__new__(record) for _ in next(iter(columns.values()))]
    for name, values in columns.items():
        deque(map(slots[name].__set__, made, values), maxlen=0)
    return made


def columns_of(history: History, name: str, **params: object) -> dict[str, NDArray[Any]]:
    """Run `name`.sql and return its columns; what is NULL in one of floats is NaN."""
    found: dict[str, Any] = _asked(history, name, params).fetchnumpy()
    return {
        column: values.filled(float("nan")) if hasattr(values, "filled") else values
        for column, values in found.items()
    }


def dicts_of(history: History, name: str, **params: object) -> list[dict[str, Any]]:
    """Run `name`.sql and return each row by its columns."""
    cursor = _asked(history, name, params)
    columns = [column[0] for column in cursor.description]
    return [{c: _utc(v) for c, v in zip(columns, row, strict=True)} for row in cursor.fetchall()]


def _experiment(row: dict[str, Any]) -> Experiment:
    """Return an experiment.

    Raises:
        HistoryError: What is stored is none.
    """
    from optimizer.models.experiments import Experiment, ExperimentDesign, Outcome

    outcome = row["outcome"]
    try:
        return Experiment(
            design=msgspec.json.decode(row["design"], type=ExperimentDesign),
            status=msgspec.convert(row["status"], ExperimentStatus),
            created_at=row["created_at"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            outcome=msgspec.json.decode(outcome, type=Outcome) if outcome else None,
        )
    except UNDECODABLE as error:
        raise damaged(f"experiment {row['experiment_id']}", error) from error


def _look(row: dict[str, Any]) -> Look:
    """Build a look from a row: some of its columns are the key, two are lists.

    Raises:
        HistoryError: What is stored is none.
    """
    from optimizer.models.experiments import Look, LookKey

    of_key = {field.name: row.pop(field.name) for field in fields(LookKey)}
    try:
        lists = {name: msgspec.json.decode(row.pop(name)) for name in ("broken", "run_ids")}
        return msgspec.convert(row | lists | {"key": LookKey(**of_key)}, type=Look)
    except UNDECODABLE as error:
        subject = f"look {row['seq']} of experiment {row['experiment_id']}"
        raise damaged(subject, error) from error


def _window(row: dict[str, Any]) -> WindowRow:
    """Build a window from a row, its times counted in microseconds."""
    from optimizer.models.series import WindowRow

    times = {name: EPOCH + timedelta(microseconds=row.pop(name)) for name in WINDOW_TIMES}
    return WindowRow(
        starts_at=times["start_us"], ends_at=times["end_us"], last_at=times["last_us"], **row
    )


def _decision(decision_id: str, state: str, body: str) -> Decision:
    """Return a decision; its state is kept beside its body.

    Raises:
        HistoryError: What is stored is no decision.
    """
    try:
        found = msgspec.json.decode(body, type=Decision)
        return replace(found, state=msgspec.convert(state, DecisionState))
    except UNDECODABLE as error:
        raise damaged(f"decision {decision_id}", error) from error


def damaged(subject: str, error: Exception) -> HistoryError:
    """Return what is said of a stored record that cannot be read."""
    return HistoryError(
        f"{subject}: what is stored of it cannot be decoded: {error}",
        hint="See with 'optimizer doctor' what else is damaged.",
    )


def tuples_of(history: History, name: str, **params: object) -> list[tuple[Any, ...]]:
    """Run `name`.sql and return its rows."""
    return _asked(history, name, params).fetchall()


def _asked(history: History, name: str, params: Mapping[str, object]) -> DuckDBPyConnection:
    """Run `name`.sql; a text from the command line may hold bytes that match nothing stored."""
    known = {key: legible(v) if isinstance(v, str) else v for key, v in params.items()}
    return history.engine.ask(_sql(name), known)


def _utcs(values: Sequence[object]) -> Sequence[object]:
    """Give the times of a column their zone; a column of times holds nothing else but None."""
    first = next((value for value in values if value is not None), None)
    return list(map(_utc, values)) if isinstance(first, datetime) else values


def _utc(value: object) -> object:
    """Give a time from the database its zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@cache
def _sql(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
