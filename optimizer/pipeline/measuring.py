"""What the runs since a change say: the health of a rollout, the outcome of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from optimizer.analysis.changes import Side, change_effects
from optimizer.decisions import configuration, outcomes, rollout
from optimizer.decisions.settings import Lifecycle
from optimizer.history.queries.lifecycle import RunOfVariant, config_snapshots, variant_runs
from optimizer.history.store import History
from optimizer.models.decisions import Decision
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
    since = [one for one in runs if one.started_at > found.moved_at]
    after = _side(since, how.after, None)
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
    since = [one for one in runs if one.started_at > how.after.made_at]
    first = _side(since, how.after, None)
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
