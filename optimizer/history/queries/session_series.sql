-- A metric of a workflow in sessions, oldest first: tasks that begin close to one another.
--
-- Asked anew each time: tasks that come late extend their session, or join two to one. A task
-- counts once in its run.
--
-- Grain:   one row per session
-- Params:  $workflow_id  VARCHAR  the workflow
--          $variant      VARCHAR  only this variant, by label or id; NULL: all
--          $metric       VARCHAR  success (0 or 1), score, latency (ms), cost (USD) or tokens
--          $gap_us       BIGINT   a task that begins later than this after the one before it
--                                 begins a session; in microseconds
-- Columns: start_us, end_us (start of the last task), last_us (the same), n_tasks, n, total, avg,
--          min, max, p50, p95, p99, stddev as in window_series.sql

WITH seen AS (
    SELECT
        epoch_us(created_at) AS at_us,
        CASE $metric
            WHEN 'success' THEN CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END
            WHEN 'score' THEN score
            WHEN 'latency' THEN latency_ms
            WHEN 'cost' THEN cost_usd
            WHEN 'tokens' THEN CAST(tokens AS DOUBLE)
        END AS value,
        run_id,
        task_id,
        row_number() OVER (
            PARTITION BY run_id, task_id ORDER BY position NULLS LAST
        ) AS copy
    FROM tasks
    WHERE workflow_id = $workflow_id
        AND status IN ('succeeded', 'failed', 'timeout', 'error')
        AND ($variant IS NULL OR variant = $variant OR variant_id = $variant)
),
marked AS (
    SELECT
        at_us,
        value,
        run_id,
        task_id,
        CASE WHEN at_us - lag(at_us) OVER in_time > $gap_us THEN 1 ELSE 0 END AS begins
    FROM seen
    WHERE copy = 1
    WINDOW in_time AS (ORDER BY at_us NULLS LAST, run_id NULLS LAST, task_id NULLS LAST)
),
placed AS (
    SELECT
        at_us,
        value,
        sum(begins) OVER (
            ORDER BY at_us NULLS LAST, run_id NULLS LAST, task_id NULLS LAST
            ROWS UNBOUNDED PRECEDING
        ) AS session
    FROM marked
)
SELECT
    min(at_us)                                            AS start_us,
    max(at_us)                                            AS end_us,
    max(at_us)                                            AS last_us,
    count(*)                                              AS n_tasks,
    count(value)                                          AS n,
    sum(value)                                            AS total,
    avg(value)                                            AS avg,
    min(value)                                            AS min,
    max(value)                                            AS max,
    percentile_cont(0.5e0) WITHIN GROUP (ORDER BY value)  AS p50,
    percentile_cont(0.95e0) WITHIN GROUP (ORDER BY value) AS p95,
    percentile_cont(0.99e0) WITHIN GROUP (ORDER BY value) AS p99,
    stddev_samp(value)                                    AS stddev
FROM placed
GROUP BY session
ORDER BY start_us NULLS LAST
