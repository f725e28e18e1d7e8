"""Replays as rows: each cache, limit or batcher that a trace was sent through."""

from __future__ import annotations

from optimizer.models.batching import BatchingReport, BatchReplay
from optimizer.models.caching import CachingReport
from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.limits import LimitReplay, LimitsReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limited:
    replay: LimitReplay
    share: float | None


def _shares(name: str, path: str) -> tuple[DataColumn, ...]:
    """Return the columns of an estimate with its bounds."""
    ends = (("", "estimate"), ("_low", "low"), ("_high", "high"))
    return tuple(number(f"{name}{end}", f"{path}.{field}") for end, field in ends)


CACHE: tuple[DataColumn, ...] = (
    text("kind", "setting.kind"),
    whole("max_entries", "setting.max_entries"),
    number("ttl_s", "setting.ttl_s"),
    text("eviction", "setting.eviction"),
    number("similarity_threshold", "setting.similarity_threshold"),
    whole("n"),
    whole("n_hits"),
    whole("n_in_flight"),
    *_shares("hit_rate", "hit_rate"),
    *_shares("saved_cost_share", "saved_cost"),
    *_shares("saved_latency_share", "saved_latency"),
    *_shares("saved_tokens_share", "saved_tokens"),
    number("saved_usd"),
    *_shares("stale_share", "stale"),
    *_shares("success_change", "success_change"),
)
PREFIX: tuple[DataColumn, ...] = (
    whole("max_blocks"),
    text("eviction"),
    whole("n"),
    whole("n_held"),
    whole("n_blocks"),
    whole("n_found"),
    whole("n_prefix"),
    *_shares("block_hit_rate", "block_hit_rate"),
    *_shares("saved_prompt_tokens_share", "saved_prompt_tokens"),
)
LIMIT: tuple[DataColumn, ...] = (
    number("share_of_busiest_minute", "share"),
    number("max_requests_per_minute", "replay.plan.quota.max_requests_per_minute"),
    number("max_tokens_per_minute", "replay.plan.quota.max_tokens_per_minute"),
    number("max_cost_per_day_usd", "replay.plan.quota.max_cost_per_day"),
    number("max_requests_per_second", "replay.plan.max_requests_per_second"),
    whole("n", "replay.n"),
    whole("n_delayed", "replay.n_delayed"),
    whole("n_refused", "replay.n_refused"),
    whole("n_too_large", "replay.n_too_large"),
    whole("n_over_budget", "replay.n_over_budget"),
    *_shares("throttled_share", "replay.throttled"),
    number("delay_p50_ms", "replay.delay_p50_ms"),
    number("delay_p95_ms", "replay.delay_p95_ms"),
    number("delay_p99_ms", "replay.delay_p99_ms"),
    number("delay_max_ms", "replay.delay_max_ms"),
    number("fairness", "replay.fairness"),
)
TENANT: tuple[DataColumn, ...] = (
    text("tenant"),
    whole("n"),
    whole("n_delayed"),
    whole("n_refused"),
    number("on_time_share", "on_time"),
    number("delay_mean_ms"),
    number("cost_usd"),
)
BATCH: tuple[DataColumn, ...] = (
    whole("max_batch_size", "plan.max_batch_size"),
    number("max_wait_ms", "plan.max_wait_ms"),
    whole("n"),
    whole("n_batches"),
    whole("n_urgent"),
    number("requests_per_batch"),
    *_shares("efficiency", "efficiency"),
    *_shares("saved_calls_share", "saved_calls"),
    *_shares("wait_mean_ms", "wait_mean_ms"),
    number("wait_p50_ms"),
    number("wait_p95_ms"),
    *_shares("latency_ratio", "latency_relative"),
    *_shares("tokens_ratio", "tokens_relative"),
    whole("n_deadlines"),
    whole("n_missed"),
)


def caching_tables(report: CachingReport) -> tuple[DataTable, ...]:
    """Return every cache that was tried, and every cache of prefixes."""
    study = report.study
    is_best = flag("is_best", lambda one: one == study.best)
    is_best_prefix = flag("is_best", lambda one: one == study.best_prefix)
    return (
        DataTable("caches", (*CACHE, is_best), study.replays),
        DataTable("prefixes", (*PREFIX, is_best_prefix), study.prefixes),
    )


def limit_tables(report: LimitsReport) -> tuple[DataTable, ...]:
    """Return the limits asked about, those at shares of the busiest minute, and the tenants."""
    asked = [] if report.replay is None else [_Limited(replay=report.replay, share=None)]
    tried = [
        _Limited(replay=one, share=share)
        for one, share in zip(report.tried, report.shares, strict=False)
    ]
    tenants = () if report.replay is None else report.replay.tenants
    return (DataTable("limits", LIMIT, asked + tried), DataTable("tenants", TENANT, tenants))


def batching_tables(report: BatchingReport) -> tuple[DataTable, ...]:
    """Return every batcher that was tried."""

    def is_best(one: BatchReplay) -> bool:
        return report.best is not None and one is report.replays[report.best]

    return (DataTable("batches", (*BATCH, flag("is_best", is_best)), report.replays),)
