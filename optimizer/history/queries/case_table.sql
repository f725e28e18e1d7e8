-- What each case gave under each variant of some workflows, over the variants' newest runs.
--
-- Grain:   one row per workflow, variant and case with a completed task
-- Params:  $workflow_ids  VARCHAR[]  the workflows
--          $as_of         TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $max_runs      INTEGER    newest runs of a variant that are looked at
-- Columns: place (of the workflow in $workflow_ids, from 1), variant_id, case_code (equal for equal
--          cases), n (completed), passed (share, 0 to 1), score (errors score 0; NULL without one),
--          latency_ms, cost_usd (of what no cache answered), tokens (means over what is known)

WITH run_of_variant AS (
    SELECT
        runs.run_id,
        runs.workflow_id,
        reports.variant_id,
        row_number() OVER (
            PARTITION BY runs.workflow_id, reports.variant_id
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
        ) AS age
    FROM (SELECT DISTINCT item FROM unnest($workflow_ids) AS named(item)) AS asked
    JOIN runs ON runs.workflow_id = asked.item
    JOIN reports ON reports.run_id = runs.run_id
    WHERE reports.variant_id IS NOT NULL
        AND runs.pairable
        AND ($as_of IS NULL OR runs.finished_at <= $as_of)
)
SELECT
    CAST(array_position($workflow_ids, tasks.workflow_id) AS INTEGER)           AS place,
    tasks.variant_id,
    CAST(divide(hash(tasks.case_id), 2) AS BIGINT)                              AS case_code,
    CAST(count(*) AS DOUBLE)                                                    AS n,
    avg(CASE WHEN tasks.status = 'succeeded' THEN 1e0 ELSE 0e0 END)             AS passed,
    avg(CASE WHEN tasks.status IN ('timeout', 'error') THEN 0e0 ELSE score END) AS score,
    avg(tasks.latency_ms)                                                       AS latency_ms,
    avg(CASE WHEN NOT coalesce(tasks.cached, false) THEN tasks.cost_usd END)    AS cost_usd,
    avg(tasks.tokens)                                                           AS tokens
FROM tasks
JOIN run_of_variant AS newest
    ON newest.run_id = tasks.run_id AND newest.variant_id = tasks.variant_id
WHERE newest.age <= $max_runs
    AND tasks.workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
    AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
GROUP BY tasks.workflow_id, tasks.variant_id, tasks.case_id
ORDER BY place NULLS LAST, tasks.variant_id NULLS LAST, tasks.case_id NULLS LAST
