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
from optimizer.history.queries.by_workflow import coded, edges_of, parts
from optimizer.history.store import History
from optimizer.models.summaries import RunPoint
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

FIGURES_OF_CASE = ("n", "passed", "score", "latency_ms", "cost_usd", "tokens")
FLOATS = (
    "ok",
    "score",
    "latency_ms",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "deadline_ms",
    "propensity",
)
MARKS = ("failed", "throttled", "cached")


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
    edges = edges_of(found["place"])
    variants = coded(found["variant_id"], edges)
    columns: dict[str, NDArray[Any]] = {name: _floats(found[name]) for name in FIGURES_OF_CASE}
    columns |= {"variant": variants.codes, "case": found["case_code"]}
    return {
        _named(found, start, workflow_ids): CaseTable(variants=names, **own)
        for start, names, own in zip(edges, variants.names, parts(columns, edges), strict=False)
    }


def requests(
    history: History,
    *,
    workflow_ids: Sequence[str],
    as_of: datetime | None,
    max_tasks: int,
    max_texts: int | None = 0,
) -> dict[str, Requests]:
    """Return the newest tasks as traces; a workflow without any is left out.

    Args:
        history: An open history.
        workflow_ids: The workflows.
        as_of: Runs that ended later are not seen; None: all are.
        max_tasks: Newest tasks of a workflow that are looked at.
        max_texts: Newest of those whose inputs are wanted as texts; None: inputs, answers and
            metadata are not read at all, which would take longer than all the rest.
    """
    found = columns_of(
        history,
        "requests",
        workflow_ids=list(workflow_ids),
        first_id=min(workflow_ids, default=None),
        last_id=max(workflow_ids, default=None),
        as_of=stored_time(as_of),
        max_tasks=max_tasks,
        max_texts=max_texts,
        unjudged=UNJUDGED,
    )
    return {
        _named(found, start, workflow_ids): one
        for start, one in _requests(found, with_texts=bool(max_texts))
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


def _requests(
    found: dict[str, NDArray[Any]], *, with_texts: bool
) -> Iterator[tuple[int, Requests]]:
    """Yield where the rows of each workflow begin, and what they say."""
    import numpy as np

    from optimizer.models.requests import Requests

    edges = edges_of(found["place"])
    at_us, starts = found["at_us"], edges[:-1]
    segment, variant, tenant, task_type = (
        coded(found[name], edges) for name in ("run_id", "variant_id", "tenant", "task_type")
    )
    columns: dict[str, NDArray[Any]] = {
        "at_s": (at_us - np.repeat(at_us[starts], np.diff(edges))) / 1e6,
        "segment": segment.codes,
        "key": found["key_code"],
        "answer": found["answer_code"].astype(np.int64),
        "repeat": found["repeat"].astype(np.int64),
        "case": found["case_code"],
        "variant": variant.codes,
        "tenant": tenant.codes,
        "task_type": task_type.codes,
        "priority": _priorities(found["priority"]),
        "position": found["position"].astype(np.int64),
    }
    columns |= {name: _floats(found[name]) for name in FLOATS}
    columns |= {name: found[name].astype(np.bool_) for name in MARKS}
    texts = list(_texts(found["text"].tolist())) if with_texts else None
    first_at = (EPOCH + timedelta(microseconds=us) for us in at_us[starts].tolist())
    names = zip(variant.names, tenant.names, task_type.names, segment.names, strict=True)
    for (start, end), (variants, tenants, task_types, runs), at, own in zip(
        pairwise(edges), names, first_at, parts(columns, edges), strict=True
    ):
        yield (
            start,
            Requests(
                variants=variants,
                tenants=tenants,
                task_types=task_types,
                texts=None if texts is None else tuple(texts[start:end]),
                runs=runs,
                first_at=at,
                **own,
            ),
        )


def _priorities(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return priorities by their names, normal where none is known."""
    import numpy as np

    priorities = np.full(len(values), NORMAL, dtype=np.int64)
    for place in np.flatnonzero(values == values).tolist():  # noqa: PLR0124 - NaN is no text
        priorities[place] = PRIORITIES.get(str(values[place]).lower(), NORMAL)
    return priorities


def _named(found: dict[str, NDArray[Any]], start: int, workflow_ids: Sequence[str]) -> str:
    return workflow_ids[int(found["place"][start]) - 1]


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    import numpy as np

    return values.astype(np.float64)


def _texts(values: Iterable[object]) -> Iterator[str | None]:
    return (value if isinstance(value, str) else None for value in values)
