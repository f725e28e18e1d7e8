"""What changed in a period against the one before, over all workflows or one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from optimizer.analysis.evidence import evidence
from optimizer.analysis.shifts import Shifts, shifts
from optimizer.config.tree import Config
from optimizer.history import queries
from optimizer.history.queries import overview
from optimizer.history.queries.overview import Spans
from optimizer.history.store import History
from optimizer.models.errors import ConfigError
from optimizer.models.experiments import Experiment
from optimizer.models.overview import (
    ChangeKind,
    Period,
    PeriodFigures,
    PeriodReview,
    Shift,
    Span,
    Watched,
    WorkflowChange,
)
from optimizer.pipeline.scope import scope_of
from optimizer.pipeline.workflow import require_workflow

DAYS: Mapping[Period, int] = {Period.WEEK: 7, Period.MONTH: 30, Period.QUARTER: 91}
URGENCY = {kind: place for place, kind in enumerate(ChangeKind)}


def period_review(
    history: History,
    period: Period,
    config: Config,
    *,
    workflow_id: str | None,
    until: datetime,
) -> PeriodReview:
    """Return what changed in the period that ends at a time, against the one before it.

    Raises:
        SelectionError: There is no such workflow.
        ConfigError: The time is too early to have a period before it.
    """
    if workflow_id is not None:
        require_workflow(history, workflow_id)
    spans, settings = _spans(period, until), config.overview
    cases = overview.period_cases(history, spans, workflow_id=workflow_id)
    found = shifts(cases, settings)
    figures = overview.period_figures(history, spans, workflow_id=workflow_id)
    changes = _changes(figures, found)
    ran = [one.workflow_id for one in changes if one.now is not None]
    watched = ran[: settings.max_watched]
    newest_at = overview.last_finished(history, workflow_id=workflow_id, as_of=until)
    return PeriodReview(
        period=period,
        workflow_id=workflow_id,
        before=spans.before,
        now=spans.now,
        level=1 - settings.alpha,
        level_each=found.level_each,
        min_cases=settings.min_cases,
        changes=changes,
        decisions=tuple(overview.period_decisions(history, spans.now, workflow_id=workflow_id)),
        experiments=tuple(_concluded(history, spans.now, workflow_id)),
        activity=tuple(overview.period_activity(history, spans.now, workflow_id=workflow_id)),
        rejects=tuple(overview.period_rejects(history, spans.now)),
        waiting=tuple(overview.waiting(history, workflow_id=workflow_id)),
        watched=tuple(_watched(history, watched, config, until)),
        n_unwatched=len(ran) - len(watched),
        newest_at=newest_at,
    )


def _spans(period: Period, until: datetime) -> Spans:
    """Return the period that ends at a time, and the one before it.

    Raises:
        ConfigError: There is none before it.
    """
    length = timedelta(days=DAYS[period])
    try:
        starts_at = until - length
        before_at = starts_at - length
    except OverflowError as error:
        raise ConfigError(f"--as-of {until:%Y-%m-%d}: too far from now") from error
    return Spans(
        before=Span(starts_at=before_at, ends_at=starts_at),
        now=Span(starts_at=starts_at, ends_at=until),
    )


def _changes(figures: Sequence[PeriodFigures], found: Shifts) -> tuple[WorkflowChange, ...]:
    changes = []
    for workflow_id, group in groupby(figures, lambda one: one.workflow_id):
        sides = {one.is_now: one for one in group}
        before, now = sides.get(False), sides.get(True)
        changes.append(
            WorkflowChange(
                workflow_id=workflow_id,
                before=before,
                now=now,
                shift=_shift(before, now, found.of.get(workflow_id)),
            )
        )
    return tuple(sorted(changes, key=_neediest_first))


def _shift(
    before: PeriodFigures | None, now: PeriodFigures | None, measured: Shift | None
) -> Shift:
    """Return what was measured, where something was run in both and judged."""
    if now is None:
        return Shift(kind=ChangeKind.STOPPED, n_shared=0)
    if before is None:
        return Shift(kind=ChangeKind.NEW, n_shared=0)
    if measured is None or before.n_unjudged or now.n_unjudged:
        return Shift(kind=ChangeKind.UNKNOWN, n_shared=measured.n_shared if measured else 0)
    return measured


def _neediest_first(one: WorkflowChange) -> tuple[int, float, str]:
    effect = one.shift.effect("success_rate")
    return (URGENCY[one.shift.kind], effect.estimate if effect else 0.0, one.workflow_id)


def _concluded(history: History, span: Span, workflow_id: str | None) -> list[Experiment]:
    return [
        one
        for one in queries.experiments(history, workflow_id=workflow_id)
        if one.outcome is not None
        and one.ended_at is not None
        and span.starts_at < one.ended_at <= span.ends_at
    ]


def _watched(
    history: History, workflow_ids: Sequence[str], config: Config, until: datetime
) -> list[Watched]:
    """Return what else has moved in some workflows, by the end of the period."""
    if not workflow_ids:
        return []
    found = evidence(
        history,
        workflow_ids=list(workflow_ids),
        variant=None,
        as_of=until,
        scope=replace(scope_of(config), with_texts=False),
    )
    return [
        Watched(workflow_id=one.workflow_id, drift=one.drift, anomalies=one.anomalies)
        for one in found
    ]
