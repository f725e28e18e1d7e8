"""What a decision looks at, for several workflows at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from optimizer.history.queries import (
    EPOCH,
    UNDECODABLE,
    columns_of,
    damaged,
    rows_of,
    stored_time,
    tuples_of,
)
from optimizer.history.store import History
from optimizer.models.summaries import RunPoint, StateCount, StrategyScore
from optimizer.models.tasks import UNJUDGED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.budgets import HourlySpend
    from optimizer.models.contrasts import CaseTable
    from optimizer.models.lifecycle import BreakerEvent, DecisionOutcome, PastDecision
    from optimizer.models.profiles import ModelFigures
    from optimizer.models.requests import Requests

PRIORITIES = {"low": 1, "normal": 2, "high": 3, "critical": 4}
NORMAL = PRIORITIES["normal"]


def run_points(
    history: History, *, workflow_ids: Sequence[str], as_of: datetime | None, max_runs: int
) -> list[RunPoint]:
    """Return the newest runs of each variant of some workflows, by workflow, oldest first."""
    return rows_of(
        RunPoint,
        history,
        "run_points",
        workflow_ids=list(workflow_ids),
        as_of=stored_time(as_of),
        max_runs=max_runs,
    )


def case_tables(
    history: History, *, workflow_ids: Sequence[str], as_of: datetime | None, max_runs: int
) -> dict[str, CaseTable]:
    """Return what each case gave under each variant; a workflow without any is left out."""
    from optimizer.models.contrasts import CaseTable

    found = columns_of(
        history,
        "case_table",
        workflow_ids=list(workflow_ids),
        as_of=stored_time(as_of),
        max_runs=max_runs,
    )
    tables = {}
    for workflow_id, columns in _split(found, workflow_ids):
        variant, variants = _codes(columns["variant_id"])
        names = ("n", "passed", "score", "latency_ms", "cost_usd", "tokens")
        figures = {name: _floats(columns[name]) for name in names}
        tables[workflow_id] = CaseTable(
            variants=variants, variant=variant, case=columns["case_code"], **figures
        )
    return tables


def requests(
    history: History,
    *,
    workflow_ids: Sequence[str],
    as_of: datetime | None,
    max_tasks: int,
    max_texts: int = 0,
) -> dict[str, Requests]:
    """Return the newest tasks as traces; a workflow without any is left out.

    Args:
        history: An open history.
        workflow_ids: The workflows.
        as_of: Runs that ended later are not seen; None: all are.
        max_tasks: Newest tasks of a workflow that are looked at.
        max_texts: Newest of those whose inputs are wanted as texts.
    """
    found = columns_of(
        history,
        "requests",
        workflow_ids=list(workflow_ids),
        as_of=stored_time(as_of),
        max_tasks=max_tasks,
        max_texts=max_texts,
        unjudged=UNJUDGED,
    )
    return {
        workflow_id: _requests(columns, with_texts=max_texts > 0)
        for workflow_id, columns in _split(found, workflow_ids)
    }


def past_decisions(
    history: History, *, workflow_ids: Sequence[str], as_of: datetime | None, max_decisions: int
) -> dict[str, tuple[PastDecision, ...]]:
    """Return the earlier decisions on some workflows, newest first; where they stand only now.

    Raises:
        HistoryError: An outcome is damaged.
    """
    from optimizer.models.lifecycle import PastDecision

    rows = tuples_of(
        history,
        "past_decisions",
        workflow_ids=list(workflow_ids),
        as_of=stored_time(as_of),
        max_decisions=max_decisions,
    )
    found: dict[str, list[PastDecision]] = {}
    for (
        workflow_id,
        decision_id,
        decided_at,
        seen_until,
        state,
        strategies,
        applied_at,
        body,
    ) in rows:
        found.setdefault(workflow_id, []).append(
            PastDecision(
                decision_id=decision_id,
                decided_at=decided_at.replace(tzinfo=UTC),
                seen_until=seen_until and seen_until.replace(tzinfo=UTC),
                state=state,
                strategies=tuple(strategies or ()),
                applied_at=applied_at and applied_at.replace(tzinfo=UTC),
                outcome=body and outcome_of(decision_id, body),
            )
        )
    return {workflow_id: tuple(listed) for workflow_id, listed in found.items()}


def breaker_events(
    history: History, *, workflow_ids: Sequence[str], as_of: datetime | None
) -> list[BreakerEvent]:
    """Return what the circuit breakers of some workflows go by, by workflow, oldest first."""
    from optimizer.models.lifecycle import BreakerEvent

    rows = tuples_of(
        history, "breaker_events", workflow_ids=list(workflow_ids), as_of=stored_time(as_of)
    )
    return [
        BreakerEvent(
            workflow_id=workflow_id,
            strategy=strategy,
            decision_id=decision_id,
            is_outcome=is_outcome,
            at=at.replace(tzinfo=UTC),
            failed=failed,
        )
        for workflow_id, strategy, decision_id, is_outcome, at, failed in rows
    ]


def task_names(history: History, run_id: str, positions: Sequence[int]) -> dict[int, str]:
    """Return the ids of some tasks of a run by their places in it."""
    return dict(tuples_of(history, "task_names", run_id=run_id, positions=list(positions)))


def hourly_spend(
    history: History, *, as_of: datetime | None, at: datetime | None, n_hours: int
) -> list[HourlySpend]:
    """Return what was spent in each hour by each tenant on each workflow, oldest first."""
    from optimizer.models.budgets import HourlySpend

    rows = tuples_of(
        history,
        "hourly_spend",
        as_of=stored_time(as_of),
        at=stored_time(at),
        n_hours=n_hours,
    )
    return [
        HourlySpend(
            starts_at=EPOCH + timedelta(microseconds=hour_us),
            workflow_id=workflow_id,
            tenant=tenant,
            n_requests=n_requests,
            n_priced=n_priced,
            cost_usd=cost_usd,
            largest_usd=largest_usd,
        )
        for hour_us, workflow_id, tenant, n_requests, n_priced, cost_usd, largest_usd in rows
    ]


def model_figures(history: History, *, workflow_id: str | None) -> list[ModelFigures]:
    """Return what was measured of each model, most tested first."""
    from optimizer.models.profiles import ModelFigures

    return rows_of(
        ModelFigures, history, "model_figures", workflow_id=workflow_id, unjudged=UNJUDGED
    )


def decision_states(history: History) -> list[StateCount]:
    """Return how many decisions stand where, the most first."""
    return rows_of(StateCount, history, "decision_states")


def strategy_scores(history: History) -> list[StrategyScore]:
    """Return what each strategy did in all decisions, by name."""
    return rows_of(StrategyScore, history, "strategy_scores")


def studies(history: History, *, workflow_ids: Sequence[str]) -> dict[tuple[str, str, str], str]:
    """Return the stored studies as JSON, by workflow, strategy and key."""
    rows = tuples_of(history, "studies", workflow_ids=list(workflow_ids))
    return {(workflow_id, strategy, key): body for workflow_id, strategy, key, body in rows}


def outcome_of(decision_id: str, body: str) -> DecisionOutcome:
    """Return a stored outcome.

    Raises:
        HistoryError: What is stored is none.
    """
    from optimizer.models.lifecycle import DecisionOutcome

    try:
        return msgspec.json.decode(body, type=DecisionOutcome)
    except UNDECODABLE as error:
        raise damaged(f"outcome of decision {decision_id}", error) from error


def _requests(columns: dict[str, NDArray[Any]], *, with_texts: bool) -> Requests:
    import numpy as np

    from optimizer.models.requests import Requests

    variant, variants = _codes(columns["variant_id"])
    tenant, tenants = _codes(columns["tenant"])
    task_type, task_types = _codes(columns["task_type"])
    floats = ("ok", "score", "latency_ms", "tokens_in", "tokens_out", "cost_usd")
    marks = ("failed", "throttled", "cached")
    figures: dict[str, Any] = {name: _floats(columns[name]) for name in floats}
    figures |= {name: columns[name].astype(np.bool_) for name in marks}
    priority = [PRIORITIES.get(str(name).lower(), NORMAL) for name in columns["priority"]]
    segment, runs = _codes(columns["run_id"])
    return Requests(
        at_s=(columns["at_us"] - columns["at_us"][0]) / 1e6,
        segment=segment,
        key=columns["key_code"],
        answer=columns["answer_code"].astype(np.int64),
        repeat=columns["repeat"].astype(np.int64),
        case=columns["case_code"],
        variant=variant,
        tenant=tenant,
        task_type=task_type,
        priority=np.array(priority, dtype=np.int64),
        deadline_ms=_floats(columns["deadline_ms"]),
        propensity=_floats(columns["propensity"]),
        variants=variants,
        tenants=tenants,
        task_types=task_types,
        texts=tuple(_texts(columns["text"])) if with_texts else None,
        runs=runs,
        first_at=EPOCH + timedelta(microseconds=int(columns["at_us"][0])),
        position=columns["position"].astype(np.int64),
        **figures,
    )


def _split(
    columns: dict[str, NDArray[Any]], workflow_ids: Sequence[str]
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    """Yield the rows of each workflow that has any; they come sorted by its place."""
    import numpy as np

    places = columns.pop("place")
    edges = [*np.flatnonzero(np.diff(places, prepend=-1)).tolist(), len(places)]
    for start, end in pairwise(edges):
        part = {name: values[start:end] for name, values in columns.items()}
        yield workflow_ids[int(places[start]) - 1], part


def _codes(values: NDArray[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return a code for each text, and the texts by code; -1 where there is none."""
    import numpy as np

    from optimizer.models.requests import UNKNOWN_CODE

    known: dict[str, int] = {}
    codes = [
        known.setdefault(one, len(known)) if isinstance(one, str) else UNKNOWN_CODE
        for one in values.tolist()
    ]
    return np.array(codes, dtype=np.int64), tuple(known)


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    import numpy as np

    return values.astype(np.float64)


def _texts(values: Iterable[object]) -> Iterator[str | None]:
    return (value if isinstance(value, str) else None for value in values)
