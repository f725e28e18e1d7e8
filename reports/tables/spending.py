"""Budgets, what was spent, and what models cost and are worth, as rows."""

from __future__ import annotations

from optimizer.models.budgets import BudgetStatus
from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, time, whole
from optimizer.models.profiles import ModelProfiles

BUDGET: tuple[DataColumn, ...] = (
    text("name"),
    text("tenant"),
    text("workflow_id"),
    number("daily_limit_usd"),
    number("per_request_limit_usd"),
    time("starts_at"),
    time("resets_at"),
    whole("n_requests"),
    whole("n_priced"),
    number("spent_usd"),
    flag("is_exceeded"),
    number("largest_usd"),
    whole("n_days"),
    whole("n_days_over"),
    number("day_mean_usd"),
    number("next_low_usd"),
    number("next_high_usd"),
    number("level"),
    flag("will_be_exceeded"),
)
DAY: tuple[DataColumn, ...] = (
    time("day_at"),
    text("workflow_id"),
    text("tenant"),
    whole("n_requests"),
    whole("n_priced"),
    number("cost_usd"),
)
MODEL: tuple[DataColumn, ...] = (
    text("provider", "figures.provider"),
    text("model", "figures.model"),
    whole("n_workflows", "figures.n_workflows"),
    whole("n_variants", "figures.n_variants"),
    whole("n_runs", "figures.n_runs"),
    whole("n_tasks", "figures.n_tasks"),
    whole("n_completed", "figures.n_completed"),
    whole("n_judged", "figures.n_judged"),
    whole("n_judged_cases", "figures.n_judged_cases"),
    whole("n_succeeded", "figures.n_succeeded"),
    number("success_rate", "figures.success_rate"),
    number("success_low"),
    number("success_high"),
    number("level"),
    whole("n_scored", "figures.n_scored"),
    number("score_mean", "figures.score_mean"),
    whole("n_latency", "figures.n_latency"),
    number("latency_mean_ms", "figures.latency_mean_ms"),
    number("latency_p50_ms", "figures.latency_p50_ms"),
    number("latency_p95_ms", "figures.latency_p95_ms"),
    whole("n_cost", "figures.n_cost"),
    number("cost_mean_usd", "figures.cost_mean_usd"),
    number("cost_total_usd", "figures.cost_total_usd"),
    whole("n_tokens", "figures.n_tokens"),
    number("tokens_mean", "figures.tokens_mean"),
    number("tokens_in_mean", "figures.tokens_in_mean"),
    number("tokens_out_mean", "figures.tokens_out_mean"),
    time("last_started_at", "figures.last_started_at"),
    text("refusals"),
)


def budget_tables(found: BudgetStatus) -> tuple[DataTable, ...]:
    """Return the budgets, and what was spent on each day."""
    return (DataTable("budgets", BUDGET, found.states), DataTable("days", DAY, found.days))


def model_tables(found: ModelProfiles) -> tuple[DataTable, ...]:
    """Return the models, most tested first."""
    return (DataTable("models", MODEL, found.profiles),)
