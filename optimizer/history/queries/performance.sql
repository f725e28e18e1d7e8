-- What the newest runs of a workflow took, oldest first.
--
-- Grain:   one row per run
-- Params:  $workflow_id  VARCHAR  the workflow
--          $limit        BIGINT   no more than these, the newest
-- Columns: run_id, variant (NULL: several), started_at, n_completed, elapsed_s (from start to end,
--          in seconds), then as in the table reports: n_latency, latency_p50_ms, latency_p95_ms,
--          latency_p99_ms, n_cost, cost_mean_usd, cost_total_usd, n_tokens, tokens_mean,
--          tokens_total; n_cache_known (completed tasks that say so), n_cached (of those)

WITH newest AS (
    SELECT
        run_id,
        started_at,
        (epoch_us(finished_at) - epoch_us(started_at)) / 1e6 AS elapsed_s
    FROM runs
    WHERE workflow_id = $workflow_id
    ORDER BY started_at DESC NULLS LAST, run_id DESC NULLS LAST
    LIMIT $limit
),
answered AS (
    SELECT
        tasks.run_id,
        count(tasks.cached)                     AS n_cache_known,
        count(CASE WHEN tasks.cached THEN 1 END) AS n_cached
    FROM tasks
    JOIN newest ON newest.run_id = tasks.run_id
    WHERE tasks.workflow_id = $workflow_id
        AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
    GROUP BY tasks.run_id
)
SELECT
    newest.run_id,
    CASE WHEN reports.n_variants = 1 THEN reports.variant END AS variant,
    newest.started_at,
    reports.n_completed,
    newest.elapsed_s,
    reports.n_latency,
    reports.latency_p50_ms,
    reports.latency_p95_ms,
    reports.latency_p99_ms,
    reports.n_cost,
    reports.cost_mean_usd,
    reports.cost_total_usd,
    reports.n_tokens,
    reports.tokens_mean,
    reports.tokens_total,
    coalesce(answered.n_cache_known, 0) AS n_cache_known,
    coalesce(answered.n_cached, 0)      AS n_cached
FROM newest
JOIN reports ON reports.run_id = newest.run_id AND reports.variant_id IS NULL
LEFT JOIN answered ON answered.run_id = newest.run_id
ORDER BY newest.started_at NULLS LAST, newest.run_id NULLS LAST
