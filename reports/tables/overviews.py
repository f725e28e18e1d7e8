"""Workflows side by side, what changed in a period, what runs take, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, time, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.experiment_page import ExperimentPage
from optimizer.models.overview import PeriodReview, Portfolio, Shift
from optimizer.models.performance import WorkflowPerformance
from optimizer.models.proposals import Effect
from reports.tables.experiments import EXPERIMENT

STANDING: tuple[DataColumn, ...] = (
    text("workflow_id", "row.workflow_id"),
    text("state"),
    text("pass_rate_change", "shift.kind"),
    whole("n_shared_cases", "shift.n_shared"),
    whole("n_runs", "row.n_runs"),
    time("last_finished_at", "row.last_finished_at"),
    text("variant_id", "row.variant_id"),
    text("variant", "row.variant"),
    whole("n_completed", "row.n_completed"),
    whole("n_succeeded", "row.n_succeeded"),
    number("success_rate", "row.success_rate"),
    number("success_low", "row.success_low"),
    number("success_high", "row.success_high"),
    flag("is_unjudged", "row.is_unjudged"),
    whole("n_recent", "row.n_recent"),
    whole("n_priced", "row.n_priced"),
    number("cost_total_usd", "row.cost_total_usd"),
    text("decision_id", "row.decision_id"),
    flag("has_baseline", "row.has_baseline"),
    whole("n_experiments", "row.n_experiments"),
)
EFFECT: tuple[DataColumn, ...] = (
    text("workflow_id"),
    text("metric", "effect.metric"),
    number("effect", "effect.estimate"),
    number("effect_low", "effect.low"),
    number("effect_high", "effect.high"),
    number("level", "effect.level"),
    whole("n_shared_cases", "effect.n"),
    text("estimator", "effect.estimator"),
)
RUN: tuple[DataColumn, ...] = (
    text("run_id"),
    text("variant"),
    time("started_at"),
    whole("n_completed"),
    number("elapsed_s"),
    number("per_minute"),
    whole("n_latency"),
    number("latency_p50_ms"),
    number("latency_p95_ms"),
    number("latency_p99_ms"),
    whole("n_cost"),
    number("cost_mean_usd"),
    number("cost_total_usd"),
    whole("n_tokens"),
    number("tokens_mean"),
    whole("tokens_total"),
    whole("n_cache_known"),
    whole("n_cached"),
    number("cached_rate"),
)
SIDE: tuple[tuple[Callable[..., DataColumn], str], ...] = (
    (whole, "n_runs"),
    (whole, "n_tasks"),
    (text, "variant_id"),
    (text, "variant"),
    (whole, "n_own"),
    (whole, "n_succeeded"),
    (whole, "n_cases"),
    (number, "success_rate"),
    (number, "success_low"),
    (number, "success_high"),
    (whole, "n_priced"),
    (number, "cost_total_usd"),
)
"""What is told of a workflow in each of two periods."""

CHANGE: tuple[DataColumn, ...] = (
    text("workflow_id"),
    text("pass_rate_change", "shift.kind"),
    whole("n_shared_cases", "shift.n_shared"),
    *(kind(f"{name}_before", f"before.{name}") for kind, name in SIDE),
    *(kind(f"{name}_now", f"now.{name}") for kind, name in SIDE),
)


@dataclass(frozen=True, slots=True)
class _Told:
    """An effect on a workflow."""

    workflow_id: str
    effect: Effect


def portfolio_tables(found: Portfolio) -> tuple[DataTable, ...]:
    """Return workflows, one a row, and how their newest runs differ from earlier ones."""
    shifts = ((one.row.workflow_id, one.shift) for one in found.workflows)
    return (DataTable("workflows", STANDING, found.workflows), _effects(shifts))


def period_tables(found: PeriodReview) -> tuple[DataTable, ...]:
    """Return workflows in two periods, one a row, and how the later differs."""
    shifts = ((one.workflow_id, one.shift) for one in found.changes)
    return (DataTable("workflows", CHANGE, found.changes), _effects(shifts))


def performance_tables(found: WorkflowPerformance) -> tuple[DataTable, ...]:
    """Return what each run took, and how the newest differs from earlier ones."""
    shifts = [] if found.shift is None else [(found.workflow_id, found.shift)]
    return (DataTable("runs", RUN, found.runs), _effects(shifts))


def experiment_page_tables(found: ExperimentPage) -> tuple[DataTable, ...]:
    """Return experiments, one a row, those that go on first."""
    return (DataTable("experiments", EXPERIMENT, [*found.active, *found.ended]),)


def _effects(shifts: Iterable[tuple[str, Shift]]) -> DataTable:
    return DataTable("effects", EFFECT, list(_told(shifts)))


def _told(shifts: Iterable[tuple[str, Shift]]) -> Iterator[_Told]:
    for workflow_id, shift in shifts:
        for effect in shift.effects:
            yield _Told(workflow_id, effect)
