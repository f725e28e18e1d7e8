-- What each case gave in the newest run of a workflow and in earlier runs of the same variant.
--
-- Grain:   one row per workflow, newest run or earlier ones, and case with a completed task
-- Params:  $workflow_id   VARCHAR    only this workflow; NULL: all
--          $as_of         TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $earlier_runs  INTEGER    earlier runs of the variant that are looked at
-- Columns: workflow_id, is_now (the newest run), then as in case_table.sql

WITH placed AS (
    SELECT
        runs.run_id,
        runs.workflow_id,
        runs.pairable,
        runs.started_at,
        reports.variant_id,
        row_number() OVER (
            PARTITION BY runs.workflow_id
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST,
                reports.n_tasks DESC NULLS LAST, reports.variant_id NULLS LAST
        ) AS place
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id
    WHERE reports.variant_id IS NOT NULL
        AND ($workflow_id IS NULL OR runs.workflow_id = $workflow_id)
        AND ($as_of IS NULL OR runs.finished_at <= $as_of)
),
aged AS (
    SELECT
        placed.run_id,
        placed.workflow_id,
        placed.variant_id,
        placed.pairable,
        row_number() OVER (
            PARTITION BY placed.workflow_id
            ORDER BY placed.started_at DESC NULLS LAST, placed.run_id DESC NULLS LAST
        ) AS age
    FROM placed
    JOIN placed AS newest
        ON newest.workflow_id = placed.workflow_id
        AND newest.variant_id = placed.variant_id
        AND newest.place = 1
)
SELECT
    aged.workflow_id,
    aged.age = 1                                                                AS is_now,
    CAST(divide(hash(tasks.case_id), 2) AS BIGINT)                              AS case_code,
    CAST(count(*) AS DOUBLE)                                                    AS n,
    avg(CASE WHEN tasks.status = 'succeeded' THEN 1e0 ELSE 0e0 END)             AS passed,
    avg(CASE WHEN tasks.status IN ('timeout', 'error') THEN 0e0 ELSE score END) AS score,
    avg(tasks.latency_ms)                                                       AS latency_ms,
    avg(CASE WHEN NOT coalesce(tasks.cached, false) THEN tasks.cost_usd END)    AS cost_usd,
    avg(tasks.tokens)                                                           AS tokens
FROM tasks
JOIN aged ON aged.run_id = tasks.run_id AND aged.variant_id = tasks.variant_id
WHERE aged.age <= $earlier_runs + 1
    AND aged.pairable
    AND ($workflow_id IS NULL OR tasks.workflow_id = $workflow_id)
    AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
GROUP BY aged.workflow_id, aged.age = 1, tasks.case_id
ORDER BY workflow_id NULLS LAST, is_now NULLS LAST, tasks.case_id NULLS LAST
