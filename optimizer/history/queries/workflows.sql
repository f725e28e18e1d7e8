-- What is stored of each workflow, by name.
--
-- Grain:   one row per workflow
-- Params:  $workflow_id  VARCHAR  only this workflow; NULL: all
-- Columns: workflow_id, n_runs, n_tasks, n_variants, first_started_at, last_started_at,
--          n_decisions

WITH stored AS (
    SELECT
        runs.workflow_id,
        count(*)             AS n_runs,
        sum(reports.n_tasks) AS n_tasks,
        min(runs.started_at) AS first_started_at,
        max(runs.started_at) AS last_started_at
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NULL
    WHERE $workflow_id IS NULL OR runs.workflow_id = $workflow_id
    GROUP BY runs.workflow_id
),
tried AS (
    SELECT runs.workflow_id, count(DISTINCT reports.variant_id) AS n_variants
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id
    WHERE $workflow_id IS NULL OR runs.workflow_id = $workflow_id
    GROUP BY runs.workflow_id
),
decided AS (
    SELECT workflow_id, count(*) AS n_decisions
    FROM decisions
    WHERE $workflow_id IS NULL OR workflow_id = $workflow_id
    GROUP BY workflow_id
)
SELECT
    stored.workflow_id,
    stored.n_runs,
    CAST(stored.n_tasks AS BIGINT)   AS n_tasks,
    tried.n_variants,
    stored.first_started_at,
    stored.last_started_at,
    coalesce(decided.n_decisions, 0) AS n_decisions
FROM stored
JOIN tried ON tried.workflow_id = stored.workflow_id
LEFT JOIN decided ON decided.workflow_id = stored.workflow_id
ORDER BY stored.workflow_id NULLS LAST
