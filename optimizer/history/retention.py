"""Which runs are older than what is to be kept, and which of them must stay all the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from optimizer.history.queries.upkeep import RunAge, held_runs, run_ages
from optimizer.history.settings import RetentionSettings
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.upkeep import OldRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What is let go.

    Attributes:
        going: Runs that go, the oldest first.
        kept: Runs that are as old and are kept nevertheless, with the reasons.
        empty_before: Runs that began before this lose their texts, UTC; None: none does.
    """

    going: tuple[OldRun, ...]
    kept: tuple[OldRun, ...]
    empty_before: datetime | None


def expiry(history: History, settings: RetentionSettings, now: datetime) -> Expiry:
    """Return what is let go of a history.

    A run is kept if one of the policies that are given keeps it, or if it is the run of a baseline,
    the newest of a variant in use, or named by a decision, an outcome, an experiment, a look or a
    held-out test that is in force.
    """
    old = [age for age in run_ages(history) if _is_old(age, settings, now)]
    held = held_runs(history) if old else {}
    runs = [
        OldRun(
            run_id=age.run_id,
            workflow_id=age.workflow_id,
            started_at=age.started_at,
            kept_for=tuple(held.get(age.run_id, ())),
        )
        for age in old
    ]
    days = settings.payload_days
    return Expiry(
        going=tuple(run for run in runs if not run.kept_for),
        kept=tuple(run for run in runs if run.kept_for),
        empty_before=None if days is None else now - timedelta(days=days),
    )


def _is_old(age: RunAge, settings: RetentionSettings, now: datetime) -> bool:
    """Tell whether no policy keeps a run, where there is one."""
    if settings.keep_runs is None and settings.keep_days is None:
        return False
    is_among = settings.keep_runs is not None and age.place <= settings.keep_runs
    is_young = settings.keep_days is not None and age.started_at >= now - timedelta(
        days=settings.keep_days
    )
    return not (is_among or is_young)
