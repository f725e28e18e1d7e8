-- A metric of a workflow in windows of equal length, oldest first; windows may overlap.
--
-- Asked anew each time: tasks that come late are in their window at the next question. A task
-- counts once in its run. Windows without tasks are not listed.
--
-- Grain:   one row per window that has a completed task
-- Params:  $workflow_id  VARCHAR  the workflow
--          $variant      VARCHAR  only this variant, by label or id; NULL: all
--          $metric       VARCHAR  success (0 or 1), score, latency (ms), cost (USD) or tokens
--          $size_us      BIGINT   length of a window in microseconds
--          $slide_us     BIGINT   from one start to the next; windows start at its multiples
--          $n_slides     BIGINT   how many windows a moment may be in: size by slide, rounded up
-- Columns: start_us, end_us (outside), last_us (its last task; all three in microseconds since
--          1970 UTC), n_tasks (completed), n (of known metric), total, avg, min, max, p50, p95,
--          p99, stddev (of the sample), in the unit of the metric

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
        row_number() OVER (
            PARTITION BY run_id, task_id ORDER BY position NULLS LAST
        ) AS copy
    FROM tasks
    WHERE workflow_id = $workflow_id
        AND status IN ('succeeded', 'failed', 'timeout', 'error')
        AND ($variant IS NULL OR variant = $variant OR variant_id = $variant)
),
placed AS (
    SELECT
        at_us - at_us % $slide_us - slide.i * $slide_us AS start_us,
        at_us,
        value
    FROM seen
    CROSS JOIN range($n_slides) AS slide(i)
    WHERE copy = 1
        AND at_us % $slide_us + slide.i * $slide_us < $size_us
)
SELECT
    start_us,
    start_us + $size_us                                   AS end_us,
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
GROUP BY start_us
ORDER BY start_us NULLS LAST
