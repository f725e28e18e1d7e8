-- What each case gave in a period and in the one before it, under the variant in use at its end.
--
-- Grain:   one row per workflow, period and case with a completed task
-- Params:  $workflow_id  VARCHAR    only this workflow; NULL: all
--          $before_at    TIMESTAMP  start of the earlier period: runs that ended later are in it
--          $starts_at    TIMESTAMP  its end, and the start of the later one
--          $ends_at      TIMESTAMP  end of the later one
-- Columns: workflow_id, is_now (the later period), then as in case_table.sql

WITH placed AS (
    SELECT
        runs.run_id,
        runs.workflow_id,
        runs.pairable,
        reports.variant_id,
        runs.finished_at > $starts_at AS is_now,
        row_number() OVER (
            PARTITION BY runs.workflow_id, runs.finished_at > $starts_at
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST,
                reports.n_tasks DESC NULLS LAST, reports.variant_id NULLS LAST
        ) AS age
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id
    WHERE reports.variant_id IS NOT NULL
        AND runs.finished_at > $before_at
        AND runs.finished_at <= $ends_at
        AND ($workflow_id IS NULL OR runs.workflow_id = $workflow_id)
),
counted AS (
    SELECT placed.run_id, placed.workflow_id, placed.variant_id, placed.is_now
    FROM placed
    JOIN placed AS newest
        ON newest.workflow_id = placed.workflow_id
        AND newest.is_now = placed.is_now
        AND newest.variant_id = placed.variant_id
        AND newest.age = 1
    WHERE placed.pairable
)
SELECT
    counted.workflow_id,
    counted.is_now,
    CAST(divide(hash(tasks.case_id), 2) AS BIGINT)                              AS case_code,
    CAST(count(*) AS DOUBLE)                                                    AS n,
    avg(CASE WHEN tasks.status = 'succeeded' THEN 1e0 ELSE 0e0 END)             AS passed,
    avg(CASE WHEN tasks.status IN ('timeout', 'error') THEN 0e0 ELSE score END) AS score,
    avg(tasks.latency_ms)                                                       AS latency_ms,
    avg(CASE WHEN NOT coalesce(tasks.cached, false) THEN tasks.cost_usd END)    AS cost_usd,
    avg(tasks.tokens)                                                           AS tokens
FROM tasks
JOIN counted ON counted.run_id = tasks.run_id AND counted.variant_id = tasks.variant_id
WHERE tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
    AND ($workflow_id IS NULL OR tasks.workflow_id = $workflow_id)
GROUP BY counted.workflow_id, counted.is_now, tasks.case_id
ORDER BY counted.workflow_id NULLS LAST, counted.is_now NULLS LAST, tasks.case_id NULLS LAST
