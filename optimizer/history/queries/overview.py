"""Questions on all workflows at once, and on what happened in a period."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from optimizer.history.queries import Z2, columns_of, dicts_of, rows_of, stored_time
from optimizer.history.store import History
from optimizer.models.contrasts import CaseTable
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry, DecisionState
from optimizer.models.overview import (
    PeriodDecision,
    PeriodFigures,
    Span,
    Waiting,
    WaitKind,
    WorkflowRow,
)
from optimizer.models.performance import RunPerformance
from optimizer.models.summaries import Reject
from optimizer.models.tasks import UNJUDGED

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE, NOW = "before", "now"
FIGURES = ("n", "passed", "score", "latency_ms", "cost_usd", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Two periods of equal length, one after the other."""

    before: Span
    now: Span

    def params(self) -> dict[str, datetime | None]:
        """Return their edges as the queries take them."""
        return {
            "before_at": stored_time(self.before.starts_at),
            "starts_at": stored_time(self.now.starts_at),
            "ends_at": stored_time(self.now.ends_at),
        }


def portfolio(
    history: History, *, as_of: datetime | None, spent_since: datetime, max_points: int
) -> list[WorkflowRow]:
    """Return every workflow as it stands, by name."""
    rows = dicts_of(
        history,
        "portfolio",
        as_of=stored_time(as_of),
        spent_since=stored_time(spent_since),
        max_points=max_points,
        unjudged=UNJUDGED,
    )
    return [WorkflowRow(**(row | {"rates": tuple(map(_known, row["rates"]))})) for row in rows]


def period_figures(
    history: History, spans: Spans, *, workflow_id: str | None
) -> list[PeriodFigures]:
    """Return what was run of each workflow in two periods, by workflow, the earlier first."""
    return rows_of(
        PeriodFigures,
        history,
        "period_figures",
        workflow_id=workflow_id,
        unjudged=UNJUDGED,
        z2=Z2,
        **spans.params(),
    )


def period_cases(
    history: History, spans: Spans, *, workflow_id: str | None
) -> dict[str, CaseTable]:
    """Return what each case gave in two periods, by workflow; the variants are BEFORE and NOW."""
    found = columns_of(history, "period_cases", workflow_id=workflow_id, **spans.params())
    return dict(_tables(found))


def newest_cases(
    history: History, *, workflow_id: str | None, as_of: datetime | None, earlier_runs: int
) -> dict[str, CaseTable]:
    """Return what each case gave in the newest run and in earlier ones, as `period_cases`."""
    found = columns_of(
        history,
        "newest_cases",
        workflow_id=workflow_id,
        as_of=stored_time(as_of),
        earlier_runs=earlier_runs,
    )
    return dict(_tables(found))


def period_decisions(
    history: History, span: Span, *, workflow_id: str | None
) -> list[PeriodDecision]:
    """Return the decisions made in a period and where they stand, newest first."""
    rows = dicts_of(history, "period_decisions", workflow_id=workflow_id, **_edges(span))
    return [PeriodDecision(**(row | {"state": DecisionState(row["state"])})) for row in rows]


def period_activity(history: History, span: Span, *, workflow_id: str | None) -> list[AuditEntry]:
    """Return the lines of the audit log of a period, oldest first."""
    return rows_of(AuditEntry, history, "period_activity", workflow_id=workflow_id, **_edges(span))


def period_rejects(history: History, span: Span) -> list[Reject]:
    """Return the files that were refused in a period, newest first."""
    return rows_of(Reject, history, "period_rejects", **_edges(span))


def waiting(history: History, *, workflow_id: str | None) -> list[Waiting]:
    """Return what waits for somebody, longest first."""
    rows = dicts_of(history, "waiting", workflow_id=workflow_id)
    return [Waiting(**(row | {"kind": WaitKind(row["kind"])})) for row in rows]


def last_finished(
    history: History, *, workflow_id: str | None, as_of: datetime | None
) -> datetime | None:
    """Return when the newest run ended, or None where nothing has run."""
    rows = dicts_of(history, "last_finished", workflow_id=workflow_id, as_of=stored_time(as_of))
    return rows[0]["finished_at"] if rows else None


def performance(history: History, workflow_id: str, *, limit: int) -> list[RunPerformance]:
    """Return what the newest runs of a workflow took, oldest first."""
    return rows_of(RunPerformance, history, "performance", workflow_id=workflow_id, limit=limit)


def _known(rate: float) -> float | None:
    return None if math.isnan(rate) else rate


def _edges(span: Span) -> dict[str, datetime | None]:
    return {"starts_at": stored_time(span.starts_at), "ends_at": stored_time(span.ends_at)}


def _tables(columns: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, CaseTable]]:
    """Yield the cases of each workflow; the rows come sorted by it."""
    import numpy as np

    names = columns["workflow_id"]
    if not len(names):
        return
    figures = {name: columns[name].astype(np.float64) for name in FIGURES}
    edges = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]
    for start, end in pairwise(edges):
        rows = slice(start, end)
        yield (
            str(names[start]),
            CaseTable(
                variants=(BEFORE, NOW),
                variant=columns["is_now"][rows].astype(np.int64),
                case=columns["case_code"][rows],
                **{name: values[rows] for name, values in figures.items()},
            ),
        )
