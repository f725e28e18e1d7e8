"""Questions on how long things are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from optimizer.history.queries import rows_of, tuples_of
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAge:
    """How old a run is.

    Attributes:
        run_id: The run.
        workflow_id: Its workflow.
        started_at: When it began, UTC.
        place: Its place in its workflow, newest first, counted from 1.
    """

    run_id: str
    workflow_id: str
    started_at: datetime
    place: int


def run_ages(history: History) -> list[RunAge]:
    """Return how old each run is, the oldest first."""
    return rows_of(RunAge, history, "run_ages")


def held_runs(history: History) -> dict[str, list[str]]:
    """Return the runs that something in force rests on, each with the reasons."""
    run_ids = {age.run_id for age in run_ages(history)}
    held = dict[str, list[str]]()
    for run_id, reason in tuples_of(history, "run_holders"):
        held.setdefault(run_id, []).append(reason)
    for reason, body in tuples_of(history, "texts_in_force"):
        for run_id in run_ids.intersection(_texts(msgspec.json.decode(body))):
            held.setdefault(run_id, []).append(reason)
    return {run_id: list(dict.fromkeys(reasons)) for run_id, reasons in held.items()}


def _texts(content: object) -> Iterator[str]:
    """Yield every text in a decoded body."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for one in content.values():
            yield from _texts(one)
    elif isinstance(content, list):
        for one in content:
            yield from _texts(one)
