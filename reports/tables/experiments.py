"""Experiments as rows: each of several, or the looks at one and its arms."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, time, whole
from optimizer.models.experiments import ExperimentReport, ExperimentSummary
from reports.tables.comparisons import comparison_tables

EXPERIMENT: tuple[DataColumn, ...] = (
    text("experiment_id", "experiment.design.experiment_id"),
    text("workflow_id", "experiment.design.workflow_id"),
    text("status", "experiment.status"),
    text("metric", "experiment.design.primary"),
    text("baseline", "experiment.design.baseline.label"),
    text("candidates", lambda one: [arm.label for arm in one.experiment.design.candidates]),
    number("alpha", "experiment.design.alpha"),
    whole("n_max", "experiment.design.n_max"),
    whole("n", lambda one: max((look.n for look in one.looks), default=None)),
    time("created_at", "experiment.created_at"),
    time("started_at", "experiment.started_at"),
    time("ended_at", "experiment.ended_at"),
    text("winner", "experiment.outcome.winner"),
    number("effect", "experiment.outcome.estimate"),
    number("effect_low", "experiment.outcome.low"),
    number("effect_high", "experiment.outcome.high"),
    number("level", "experiment.outcome.level"),
    flag("is_confirmed", "experiment.outcome.confirmed"),
)
LOOK: tuple[DataColumn, ...] = (
    text("experiment_id"),
    whole("seq"),
    text("candidate"),
    text("metric", "key.metric"),
    time("looked_at"),
    whole("n"),
    whole("n_max"),
    number("fraction"),
    number("z_bound"),
    number("z"),
    number("alpha_k"),
    number("alpha_spent"),
    number("p_value"),
    text("verdict"),
    number("effect", "estimate"),
    number("effect_low", "low"),
    number("effect_high", "high"),
    text("broken_guardrails", "broken"),
    text("run_ids"),
)
ARM: tuple[DataColumn, ...] = (
    text("variant", "arm.label"),
    text("variant_id", "arm.variant_id"),
    whole("n_runs", lambda one: len(one.run_ids)),
    whole("n_tasks"),
    whole("n_completed"),
    whole("n_succeeded"),
)


def experiment_list_tables(experiments: Sequence[ExperimentSummary]) -> tuple[DataTable, ...]:
    """Return experiments, one a row."""
    return (DataTable("experiments", EXPERIMENT, experiments),)


def experiment_tables(found: ExperimentReport) -> tuple[DataTable, ...]:
    """Return the looks at an experiment, what ran of each arm, and the metrics of the newest."""
    compared = [one.comparison for one in found.candidates if one.comparison is not None]
    return (
        DataTable("looks", LOOK, found.looks),
        DataTable("arms", ARM, found.progress),
        comparison_tables(compared)[0],
    )
