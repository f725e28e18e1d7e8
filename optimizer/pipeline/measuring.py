"""What the runs since a change say: the health of a rollout, the outcome of a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from optimizer.analysis.changes import Side, change_effects
from optimizer.decisions import configuration, outcomes, rollout
from optimizer.decisions.settings import Lifecycle
from optimizer.history import queries
from optimizer.history.queries.lifecycle import RunOfVariant, config_snapshots, variant_runs
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry, Decision, DecisionState
from optimizer.models.lifecycle import ConfigSnapshot, DecisionOutcome, Health, Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A decision as it was put in force.

    Attributes:
        before: The configuration that it replaced.
        after: The configuration that it put in force.
    """

    before: ConfigSnapshot
    after: ConfigSnapshot


def applied(snapshots: Sequence[ConfigSnapshot], decision_id: str) -> Applied | None:
    """Return how a decision was put in force, or None where it changed no configuration."""
    for before, after in pairwise(snapshots):
        if after.decision_id == decision_id:
            return Applied(before=before, after=after)
    return None


def health(
    history: History, decision: Decision, found: Rollout, settings: Lifecycle
) -> Health | None:
    """Return what the runs since the last move of a rollout say; None where nothing was applied."""
    how = applied(config_snapshots(history, decision.workflow_id), decision.decision_id)
    if how is None:
        return None
    runs = variant_runs(history, decision.workflow_id)
    before = _side(_earlier(runs, how), how.before, settings.max_runs)
    since = _moment(history, decision, _is_move, found.moved_at)
    after = _side([one for one in runs if since.is_before(one)], how.after, None)
    effects = change_effects(
        history,
        before,
        after,
        level=rollout.health_level(found, settings),
        min_shared=settings.n_wanted,
    )
    return Health(
        target=_name(how.after),
        n=after.n,
        newest_at=after.runs[-1].started_at if after.runs else None,
        effects=effects,
        run_ids=tuple(one.run_id for one in after.runs),
    )


def outcome(
    history: History, decision: Decision, settings: Lifecycle, *, at: datetime
) -> DecisionOutcome | None:
    """Return what became of a decision by the first runs after it.

    None where it changed no configuration: there is nothing to measure.
    """
    how = applied(config_snapshots(history, decision.workflow_id), decision.decision_id)
    if how is None:
        return None
    runs = variant_runs(history, decision.workflow_id)
    before = _side(_earlier(runs, how), how.before, settings.max_runs)
    since = _moment(history, decision, _is_start, how.after.made_at)
    first = _side([one for one in runs if since.is_before(one)], how.after, None)
    after = Side(variant_id=first.variant_id, runs=first.runs[: settings.max_runs])
    measured = change_effects(
        history, before, after, level=settings.level, min_shared=settings.n_wanted
    )
    return outcomes.outcome(
        decision,
        measured=measured,
        n_before=before.n,
        n_after=after.n,
        run_ids=[one.run_id for one in after.runs],
        seen_until=after.runs[-1].started_at if after.runs else None,
        applied_at=how.after.made_at,
        at=at,
        settings=settings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """When something was done, and what tells which runs are new since.

    Attributes:
        at: When it was done, UTC.
        told_at: When the history was told, UTC.
        is_dated: Whether somebody said when it was done: the runs are then told by their own time.
        known_until: The newest run that the decision knew of began then, UTC.
    """

    at: datetime
    told_at: datetime
    is_dated: bool
    known_until: datetime | None

    def is_before(self, run: RunOfVariant) -> bool:
        """Return whether a run is new: it began later, or came in later and was not known."""
        if self.is_dated:
            return run.started_at > self.at
        is_known = self.known_until is not None and run.started_at <= self.known_until
        return run.ingested_at > self.told_at and not is_known


def _moment(
    history: History, decision: Decision, is_it: Callable[[AuditEntry], bool], at: datetime
) -> _Moment:
    """Return the moment that the newest line of some kind in the audit log tells of."""
    log = queries.audit(history, subject=decision.decision_id)
    lines = [one for one in log if is_it(one)]
    windows = (decision.current, *decision.others)
    return _Moment(
        at=at,
        told_at=lines[-1].logged_at if lines else at,
        is_dated=not lines or "at" in configuration.decoded(lines[-1].detail),
        known_until=max((w.last_started_at for w in windows if w is not None), default=None),
    )


def _is_move(entry: AuditEntry) -> bool:
    return entry.action in {"rollout.started", "rollout.moved"}


def _is_start(entry: AuditEntry) -> bool:
    is_step = entry.action == "decision.moved"
    return is_step and configuration.decoded(entry.detail).get("to") == DecisionState.EXECUTING


def _earlier(runs: Sequence[RunOfVariant], how: Applied) -> list[RunOfVariant]:
    return [one for one in runs if one.started_at <= how.after.made_at]


def _side(runs: Sequence[RunOfVariant], snapshot: ConfigSnapshot, newest: int | None) -> Side:
    """Return the runs of a configuration, or the newest of them; what else runs is of no side."""
    wanted = configuration.decoded(snapshot.body)
    found = [one for one in runs if one.n and _is_of(one, wanted)]
    ids = {one.variant_id for one in found}
    if not ids:
        return Side(variant_id=None, runs=())
    last = found[-1].variant_id
    of_last = [one for one in found if one.variant_id == last]
    return Side(variant_id=last, runs=of_last if newest is None else of_last[-newest:])


def _is_of(run: RunOfVariant, wanted: dict[str, Any]) -> bool:
    """Return whether a run is of a configuration: prompt, model, provider and parameters.

    The label stands in for the prompt where neither knows it, as in the identity of a variant.
    """
    parameters = configuration.decoded(run.parameters) if run.parameters else None
    if any(getattr(run, name) != wanted.get(name) for name in ("model", "provider")):
        return False
    if (parameters or None) != (wanted.get("parameters") or None):
        return False
    if run.prompt_sha256 or wanted.get("prompt_sha256"):
        return run.prompt_sha256 == wanted.get("prompt_sha256")
    return run.variant == wanted.get("variant")


def _name(snapshot: ConfigSnapshot) -> str:
    return str(configuration.decoded(snapshot.body).get("variant"))
