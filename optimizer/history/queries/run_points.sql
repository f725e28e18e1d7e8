-- The newest runs of each variant of some workflows as points of a series, oldest first.
--
-- Grain:   one row per run and variant
-- Params:  $workflow_ids  VARCHAR[]  the workflows
--          $as_of         TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $max_runs      INTEGER    newest runs of a variant that are looked at
-- Columns: run_id, workflow_id, variant_id, started_at, finished_at, n (completed tasks),
--          n_succeeded, n_bad (timed out or in error), then means and standard deviations as in
--          the table reports

WITH placed AS (
    SELECT
        runs.run_id,
        runs.workflow_id,
        reports.variant_id,
        runs.started_at,
        runs.finished_at,
        reports.n_completed                AS n,
        reports.n_succeeded,
        reports.n_timeout + reports.n_error AS n_bad,
        reports.score_mean,
        reports.score_sd,
        reports.latency_mean_ms,
        reports.latency_sd_ms,
        reports.cost_mean_usd,
        reports.cost_sd_usd,
        reports.tokens_mean,
        row_number() OVER (
            PARTITION BY runs.workflow_id, reports.variant_id
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
        ) AS age
    FROM (SELECT DISTINCT item FROM unnest($workflow_ids) AS named(item)) AS asked
    JOIN runs ON runs.workflow_id = asked.item
    JOIN reports ON reports.run_id = runs.run_id
    WHERE reports.variant_id IS NOT NULL
        AND ($as_of IS NULL OR runs.finished_at <= $as_of)
)
SELECT *
FROM placed
WHERE age <= $max_runs
ORDER BY workflow_id NULLS LAST, started_at NULLS LAST, run_id NULLS LAST, variant_id NULLS LAST
