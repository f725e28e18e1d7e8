"""From stored runs, or from any series, to what has moved and what is out of the ordinary."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from optimizer.analysis.anomalies import anomalies, anomalies_of_series
from optimizer.analysis.drift import drift, drift_of_series
from optimizer.analysis.evidence import evidence, require_workflow
from optimizer.analysis.scope import Scope
from optimizer.config.tree import Config
from optimizer.history.queries.evidence import run_points, task_names
from optimizer.history.store import History
from optimizer.models.drift import AnomalyReport, DriftReport
from optimizer.models.evidence import Evidence
from optimizer.models.series import Timeline
from optimizer.models.summaries import RunPoint, WindowSummary
from optimizer.pipeline.scope import rules_of, slow_ms, watch


def drift_of(
    history: History,
    workflow_id: str,
    *,
    variant: str | None,
    as_of: datetime | None,
    config: Config,
) -> DriftReport:
    """Return what has moved in the variant in use, over more tasks than a decision reads.

    Raises:
        SelectionError: There is no such workflow or variant.
    """
    seen, current = _seen(history, workflow_id, variant, as_of, config)
    return drift(workflow_id, current.variant_id, seen.runs, seen.requests, watch(config))


def anomalies_of(
    history: History,
    workflow_id: str,
    *,
    variant: str | None,
    as_of: datetime | None,
    config: Config,
) -> AnomalyReport:
    """Return what is out of the ordinary in the newest run of the variant in use, tasks by name.

    Raises:
        SelectionError: There is no such workflow or variant.
    """
    seen, current = _seen(history, workflow_id, variant, as_of, config)
    found = anomalies(
        workflow_id,
        current.variant_id,
        seen.runs,
        seen.requests,
        config.anomalies,
        seed=config.evidence.seed,
    )
    return _named(history, found)


def points_of(
    history: History, workflow_id: str, *, as_of: datetime | None, config: Config
) -> tuple[RunPoint, ...]:
    """Return the runs that drift and anomalies are looked for in, oldest first."""
    return tuple(
        run_points(
            history,
            workflow_ids=[workflow_id],
            as_of=as_of,
            max_runs=config.evidence.max_points,
        )
    )


def drift_in(timeline: Timeline, config: Config) -> DriftReport:
    """Return where the level of a series moved."""
    return drift_of_series(timeline.values, timeline.times, watch(config), name=timeline.name)


def anomalies_in(timeline: Timeline, config: Config) -> AnomalyReport:
    """Return the values of a series that are out of the ordinary."""
    return anomalies_of_series(
        timeline.values, timeline.times, config.anomalies, name=timeline.name
    )


def _seen(
    history: History,
    workflow_id: str,
    variant: str | None,
    as_of: datetime | None,
    config: Config,
) -> tuple[Evidence, WindowSummary]:
    more = config.evidence.model_copy(update={"max_requests": config.drift.max_tasks})
    found = evidence(
        history,
        workflow_ids=[workflow_id],
        variant=variant,
        as_of=as_of,
        scope=Scope(
            settings=more, rules=rules_of(config), slow_ms=slow_ms(config), with_texts=False
        ),
    )
    if not found:
        require_workflow(history, workflow_id, as_of)
    (seen,) = found
    if seen.current is None:
        raise AssertionError("evidence of stored runs has a variant in use")
    return seen, seen.current


def _named(history: History, found: AnomalyReport) -> AnomalyReport:
    """Return a report in which tasks are told by their ids, not by their places."""
    tasks = [one for one in found.anomalies if one.task_id is not None and one.run_id is not None]
    if not tasks:
        return found
    names = task_names(history, str(tasks[0].run_id), [int(str(one.task_id)) for one in tasks])
    return replace(
        found,
        anomalies=tuple(
            one if one.task_id is None else replace(one, task_id=names[int(one.task_id)])
            for one in found.anomalies
        ),
    )
