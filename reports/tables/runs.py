"""Runs and variants as rows: their figures."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.data_tables import DataColumn, DataTable, number, text, time, whole
from optimizer.models.summaries import FailureGroup, RunSummary, Scored, WindowSummary

FIGURES: tuple[DataColumn, ...] = (
    whole("n_tasks"),
    whole("n_completed"),
    whole("n_succeeded"),
    whole("n_failed"),
    whole("n_timeout"),
    whole("n_error"),
    whole("n_cancelled"),
    whole("n_cases"),
    number("success_rate"),
    number("success_low"),
    number("success_high"),
    whole("n_latency"),
    number("latency_mean_ms"),
    number("latency_sd_ms"),
    number("latency_p50_ms"),
    number("latency_p95_ms"),
    number("latency_p99_ms"),
    whole("n_cost"),
    number("cost_mean_usd"),
    number("cost_total_usd"),
    whole("n_tokens"),
    number("tokens_mean"),
    whole("tokens_total"),
    whole("n_scored"),
    number("score_mean"),
    number("score_sd"),
    whole("n_retries"),
    whole("n_timeout_failures"),
    whole("n_api_failures"),
    whole("n_validation_failures"),
    whole("n_llm_failures"),
    whole("n_unclassified_failures"),
)
RUN: tuple[DataColumn, ...] = (
    text("run_id"),
    text("workflow_id"),
    text("variant_id"),
    text("variant"),
    whole("n_variants"),
    time("started_at"),
    time("finished_at"),
    time("ingested_at"),
    text("tool"),
    text("source_path"),
    text("branch"),
    text("git_sha"),
    *FIGURES,
)
WINDOW: tuple[DataColumn, ...] = (
    text("workflow_id"),
    text("variant_id"),
    text("variant"),
    text("provider"),
    text("model"),
    whole("n_runs"),
    whole("n_unjudged"),
    time("first_started_at"),
    time("last_started_at"),
    *FIGURES,
)
FAILURE: tuple[DataColumn, ...] = (
    text("kind"),
    text("reason"),
    text("message"),
    whole("n"),
    text("example_case"),
)
SCORE: tuple[DataColumn, ...] = (
    text("variant_id", "figures.variant_id"),
    text("variant", "figures.variant"),
    text("scorer", "figures.scorer"),
    whole("n", "figures.n"),
    whole("n_cases", "figures.n_cases"),
    number("mean", "figures.mean"),
    number("low"),
    number("high"),
    number("level"),
    number("sd", "figures.sd"),
    number("least", "figures.least"),
    number("most", "figures.most"),
    whole("n_judged", "figures.n_judged"),
    whole("n_passed", "figures.n_passed"),
)


def run_tables(runs: Sequence[RunSummary]) -> tuple[DataTable, ...]:
    """Return runs, one a row."""
    return (DataTable("runs", RUN, runs),)


def variant_tables(
    variants: Sequence[RunSummary], failures: Sequence[FailureGroup], scores: Sequence[Scored]
) -> tuple[DataTable, ...]:
    """Return the variants of a run, its failures, and what its scorers said."""
    return (
        DataTable("variants", RUN, variants),
        DataTable("failures", FAILURE, failures),
        DataTable("scores", SCORE, scores),
    )


def workflow_tables(
    runs: Sequence[RunSummary], windows: Sequence[WindowSummary]
) -> tuple[DataTable, ...]:
    """Return the runs of a workflow, and its variants over their newest runs."""
    return (*run_tables(runs), DataTable("variants", WINDOW, windows))
