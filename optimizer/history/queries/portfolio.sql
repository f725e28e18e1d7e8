-- Every workflow as it stands, by name.
--
-- Grain:   one row per workflow that has a run
-- Params:  $as_of        TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $spent_since  TIMESTAMP  spending is that of runs that ended later
--          $max_points   INTEGER    newest runs of which the pass rates are listed
--          $unjudged     VARCHAR    warning of a run of which nobody told pass from fail
-- Columns: workflow_id, n_runs, last_finished_at, variant_id and variant (of the newest run; its
--          n_completed, n_succeeded, success_rate, success_low, success_high in that run),
--          is_unjudged, rates (list, oldest first; NaN: unknown), n_recent (completed tests since then),
--          n_priced (with a known price), cost_total_usd (of those, or NULL), decision_id (newest
--          that is pending, or NULL), has_baseline, n_experiments (running)

WITH seen AS (
    SELECT run_id, workflow_id, started_at, finished_at, warnings
    FROM runs
    WHERE $as_of IS NULL OR finished_at <= $as_of
),
whole AS (
    SELECT
        seen.workflow_id,
        count(*)              AS n_runs,
        max(seen.finished_at) AS last_finished_at,
        CAST(coalesce(sum(
            CASE WHEN seen.finished_at > $spent_since THEN reports.n_completed END
        ), 0) AS BIGINT)      AS n_recent,
        CAST(coalesce(sum(
            CASE WHEN seen.finished_at > $spent_since THEN reports.n_cost END
        ), 0) AS BIGINT)      AS n_priced,
        sum(CASE WHEN seen.finished_at > $spent_since THEN reports.cost_total_usd END)
                              AS cost_total_usd
    FROM seen
    JOIN reports ON reports.run_id = seen.run_id AND reports.variant_id IS NULL
    GROUP BY seen.workflow_id
),
placed AS (
    SELECT
        seen.workflow_id,
        seen.run_id,
        seen.started_at,
        contains(seen.warnings, $unjudged) AS is_unjudged,
        reports.variant_id,
        reports.variant,
        reports.n_completed,
        reports.n_succeeded,
        reports.success_rate,
        reports.success_low,
        reports.success_high,
        row_number() OVER (
            PARTITION BY seen.workflow_id
            ORDER BY seen.started_at DESC NULLS LAST, seen.run_id DESC NULLS LAST,
                reports.n_tasks DESC NULLS LAST, reports.variant_id NULLS LAST
        ) AS place
    FROM seen
    JOIN reports ON reports.run_id = seen.run_id
    WHERE reports.variant_id IS NOT NULL
),
aged AS (
    SELECT
        placed.workflow_id,
        placed.success_rate,
        row_number() OVER (
            PARTITION BY placed.workflow_id
            ORDER BY placed.started_at DESC NULLS LAST, placed.run_id DESC NULLS LAST
        ) AS age
    FROM placed
    JOIN placed AS newest
        ON newest.workflow_id = placed.workflow_id
        AND newest.variant_id = placed.variant_id
        AND newest.place = 1
),
drawn AS (
    SELECT workflow_id, rates
    FROM (
        SELECT
            workflow_id,
            age,
            array_agg(coalesce(success_rate, CAST('nan' AS DOUBLE))) OVER (
                PARTITION BY workflow_id
                ORDER BY age DESC NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS rates
        FROM aged
        WHERE age <= $max_points
    ) AS growing
    WHERE age = 1
),
pending AS (
    SELECT workflow_id, max_by(decision_id, decided_at) AS decision_id
    FROM decisions
    WHERE state = 'pending' AND ($as_of IS NULL OR decided_at <= $as_of)
    GROUP BY workflow_id
),
experimenting AS (
    SELECT workflow_id, count(*) AS n_experiments
    FROM experiments
    WHERE status = 'running'
    GROUP BY workflow_id
)
SELECT
    whole.workflow_id,
    whole.n_runs,
    whole.last_finished_at,
    newest.variant_id,
    newest.variant,
    newest.n_completed,
    newest.n_succeeded,
    newest.success_rate,
    newest.success_low,
    newest.success_high,
    newest.is_unjudged,
    drawn.rates,
    whole.n_recent,
    whole.n_priced,
    whole.cost_total_usd,
    pending.decision_id,
    baselines.workflow_id IS NOT NULL          AS has_baseline,
    coalesce(experimenting.n_experiments, 0)   AS n_experiments
FROM whole
JOIN placed AS newest ON newest.workflow_id = whole.workflow_id AND newest.place = 1
JOIN drawn ON drawn.workflow_id = whole.workflow_id
LEFT JOIN pending ON pending.workflow_id = whole.workflow_id
LEFT JOIN baselines ON baselines.workflow_id = whole.workflow_id
LEFT JOIN experimenting ON experimenting.workflow_id = whole.workflow_id
ORDER BY whole.workflow_id NULLS LAST
