"""What decisions did, and how far they are rolled out, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, time, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.lifecycle import DecisionOutcome, MeasuredEffect, RolloutView
from optimizer.models.proposals import Effect

MEASURED: tuple[DataColumn, ...] = (
    text("metric"),
    number("predicted", "predicted.estimate"),
    number("predicted_low", "predicted.low"),
    number("predicted_high", "predicted.high"),
    number("measured", "measured.estimate"),
    number("measured_low", "measured.low"),
    number("measured_high", "measured.high"),
    number("level", "measured.level"),
    whole("n", "measured.n"),
    text("estimator", "measured.estimator"),
    flag("is_as_predicted", "as_predicted"),
)
OUTCOME: tuple[DataColumn, ...] = (
    text("decision_id"),
    text("workflow_id"),
    text("strategies"),
    text("status"),
    text("reason"),
    whole("n_before"),
    whole("n_after"),
    text("run_ids"),
    time("applied_at"),
    time("measured_at"),
)
ROLLOUT: tuple[DataColumn, ...] = (
    text("decision_id", "rollout.decision_id"),
    text("workflow_id"),
    text("preset", "rollout.preset"),
    text("status", "rollout.status"),
    whole("step", "rollout.step"),
    whole("n_steps", lambda one: len(one.rollout.shares)),
    number("share", lambda one: one.rollout.shares[one.rollout.step]),
    time("started_at", "rollout.started_at"),
    time("moved_at", "rollout.moved_at"),
    text("reason", "rollout.reason"),
    text("variant", "health.target"),
    whole("n", "health.n"),
    whole("n_wanted"),
    time("newest_at", "health.newest_at"),
)
EFFECT: tuple[DataColumn, ...] = (
    text("decision_id"),
    text("metric", "effect.metric"),
    number("effect", "effect.estimate"),
    number("effect_low", "effect.low"),
    number("effect_high", "effect.high"),
    number("level", "effect.level"),
    whole("n", "effect.n"),
    text("estimator", "effect.estimator"),
)


@dataclass(frozen=True, slots=True)
class _Told:
    """An effect of a rollout."""

    decision_id: str
    effect: Effect


def outcome_tables(found: DecisionOutcome) -> tuple[DataTable, ...]:
    """Return what was predicted and measured, metric by metric, and what it was measured from."""
    effects: Sequence[MeasuredEffect] = found.effects
    return (DataTable("effects", MEASURED, effects), DataTable("outcomes", OUTCOME, (found,)))


def rollout_tables(views: Sequence[RolloutView]) -> tuple[DataTable, ...]:
    """Return rollouts, one a row, and their effects so far."""
    return (DataTable("rollouts", ROLLOUT, views), DataTable("effects", EFFECT, list(_told(views))))


def _told(views: Sequence[RolloutView]) -> Iterator[_Told]:
    for view in views:
        for effect in () if view.health is None else view.health.effects:
            yield _Told(view.rollout.decision_id, effect)
