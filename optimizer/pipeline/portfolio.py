"""Every workflow of a history as it stands, the one that needs attention most first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from optimizer.analysis.shifts import Shifts, shifts
from optimizer.config.tree import Config
from optimizer.history.queries import overview
from optimizer.history.store import History
from optimizer.models.overview import (
    ChangeKind,
    Portfolio,
    Shift,
    Standing,
    StateCount,
    WorkflowRow,
    WorkflowState,
)

NO_EARLIER_RUN = Shift(kind=ChangeKind.NEW, n_shared=0)
URGENCY = {state: place for place, state in enumerate(WorkflowState)}


def portfolio(
    history: History, config: Config, *, as_of: datetime | None, now: datetime, limit: int
) -> Portfolio:
    """Return all workflows, at most `limit` of them in full.

    Args:
        history: An open history.
        config: The settings.
        as_of: Runs that ended later are not seen; None: all are.
        now: What age is told from, where `as_of` is not given.
        limit: Workflows that are returned; the others are counted.
    """
    settings, at = config.overview, as_of or now
    rows = overview.portfolio(
        history,
        as_of=as_of,
        spent_since=at - timedelta(days=settings.spend_days),
        max_points=settings.max_points,
    )
    cases = overview.newest_cases(
        history, workflow_id=None, as_of=as_of, earlier_runs=settings.earlier_runs
    )
    found = shifts(cases, settings)
    standings = sorted((_standing(row, found, config, at) for row in rows), key=_neediest_first)
    counted = Counter(one.state for one in standings)
    return Portfolio(
        at=at,
        min_success_rate=config.scoring.min_success_rate,
        stale_days=settings.stale_days,
        spend_days=settings.spend_days,
        min_cases=settings.min_cases,
        level=1 - settings.alpha,
        level_each=found.level_each,
        counts=tuple(StateCount(state=s, n=counted[s]) for s in WorkflowState if counted[s]),
        n_recent=sum(row.n_recent for row in rows),
        n_priced=sum(row.n_priced for row in rows),
        cost_total_usd=total_usd([row.cost_total_usd for row in rows]),
        workflows=tuple(standings[:limit]),
    )


def total_usd(amounts: Sequence[float | None]) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _standing(row: WorkflowRow, found: Shifts, config: Config, at: datetime) -> Standing:
    shift = found.of.get(row.workflow_id, NO_EARLIER_RUN)
    return Standing(row=row, state=_state(row, shift, config, at), shift=shift)


def _state(row: WorkflowRow, shift: Shift, config: Config, at: datetime) -> WorkflowState:
    """Return how a workflow is; of several the one that needs attention most."""
    is_measured = row.success_rate is not None and not row.is_unjudged
    low, high, least = row.success_low, row.success_high, config.scoring.min_success_rate
    age = at - row.last_finished_at
    holds = {
        WorkflowState.FAILING: is_measured and high is not None and high < least,
        WorkflowState.DRIFTING: is_measured and shift.kind is ChangeKind.WORSE,
        WorkflowState.WAITING: row.decision_id is not None,
        WorkflowState.UNMEASURED: not is_measured,
        WorkflowState.STALE: age > timedelta(days=config.overview.stale_days),
        WorkflowState.UNSETTLED: low is not None and low < least,
        WorkflowState.HEALTHY: True,
    }
    return next(state for state in WorkflowState if holds[state])


def _neediest_first(one: Standing) -> tuple[int, float, str]:
    rate = one.row.success_rate
    return (URGENCY[one.state], 2.0 if rate is None else rate, one.row.workflow_id)
