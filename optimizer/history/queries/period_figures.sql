-- What was run of each workflow in a period and in the one before it.
--
-- Grain:   one row per workflow and period in which it ran
-- Params:  $workflow_id  VARCHAR    only this workflow; NULL: all
--          $before_at    TIMESTAMP  start of the earlier period: runs that ended later are in it
--          $starts_at    TIMESTAMP  its end, and the start of the later one
--          $ends_at      TIMESTAMP  end of the later one
--          $unjudged     VARCHAR    warning of a run of which nobody told pass from fail
--          $z2           DOUBLE     square of the normal quantile of the interval's level
-- Columns: workflow_id, is_now (the later period), n_runs, n_tasks, n_completed, n_priced (with a
--          known price), cost_total_usd (of those, or NULL), n_unjudged (runs), variant_id and
--          variant (in use at its end: of the newest run), n_own (completed tests of it),
--          n_succeeded, n_cases, success_rate, success_low, success_high (the bounds as in
--          report_rows.sql)

WITH placed AS (
    SELECT
        run_id,
        workflow_id,
        started_at,
        finished_at > $starts_at           AS is_now,
        contains(warnings, $unjudged)      AS unjudged
    FROM runs
    WHERE finished_at > $before_at
        AND finished_at <= $ends_at
        AND ($workflow_id IS NULL OR workflow_id = $workflow_id)
),
whole AS (
    SELECT
        placed.workflow_id,
        placed.is_now,
        count(*)                                                       AS n_runs,
        CAST(sum(reports.n_tasks) AS BIGINT)                           AS n_tasks,
        CAST(sum(reports.n_completed) AS BIGINT)                       AS n_completed,
        CAST(sum(reports.n_cost) AS BIGINT)                            AS n_priced,
        sum(reports.cost_total_usd)                                    AS cost_total_usd,
        CAST(sum(CASE WHEN placed.unjudged THEN 1 ELSE 0 END) AS BIGINT) AS n_unjudged
    FROM placed
    JOIN reports ON reports.run_id = placed.run_id AND reports.variant_id IS NULL
    GROUP BY placed.workflow_id, placed.is_now
),
ordered AS (
    SELECT
        placed.workflow_id,
        placed.is_now,
        reports.variant_id,
        reports.variant,
        row_number() OVER (
            PARTITION BY placed.workflow_id, placed.is_now
            ORDER BY placed.started_at DESC NULLS LAST, placed.run_id DESC NULLS LAST,
                reports.n_tasks DESC NULLS LAST, reports.variant_id NULLS LAST
        ) AS age
    FROM placed
    JOIN reports ON reports.run_id = placed.run_id
    WHERE reports.variant_id IS NOT NULL
),
by_case AS (
    SELECT
        placed.workflow_id,
        placed.is_now,
        count(*)                                                              AS n,
        count(CASE WHEN tasks.status = 'succeeded' THEN 1 END)                AS n_succeeded,
        avg(CASE WHEN tasks.status = 'succeeded' THEN 1e0 ELSE 0e0 END)       AS passed
    FROM tasks
    JOIN placed ON placed.run_id = tasks.run_id
    JOIN ordered
        ON ordered.workflow_id = placed.workflow_id
        AND ordered.is_now = placed.is_now
        AND ordered.variant_id = tasks.variant_id
        AND ordered.age = 1
    WHERE tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
        AND ($workflow_id IS NULL OR tasks.workflow_id = $workflow_id)
    GROUP BY placed.workflow_id, placed.is_now, tasks.case_id
),
own AS (
    SELECT
        workflow_id,
        is_now,
        CAST(sum(n) AS BIGINT)                                  AS n_own,
        CAST(sum(n_succeeded) AS BIGINT)                        AS n_succeeded,
        count(*)                                                AS n_cases,
        CAST(sum(n_succeeded) AS DOUBLE) / sum(n)               AS success_rate,
        var_samp(passed)                                        AS cluster_variance
    FROM by_case
    GROUP BY workflow_id, is_now
),
measured AS (
    SELECT
        *,
        CASE
            WHEN n_cases = n_own THEN CAST(n_own AS DOUBLE)
            WHEN coalesce(cluster_variance, 0e0) = 0e0 THEN CAST(n_cases AS DOUBLE)
            ELSE greatest(
                CAST(n_cases AS DOUBLE),
                least(
                    CAST(n_own AS DOUBLE),
                    success_rate * (1 - success_rate) * n_cases / cluster_variance
                )
            )
        END AS n_effective
    FROM own
)
SELECT
    whole.workflow_id,
    whole.is_now,
    whole.n_runs,
    whole.n_tasks,
    whole.n_completed,
    whole.n_priced,
    whole.cost_total_usd,
    whole.n_unjudged,
    coalesce(ordered.variant_id, '')       AS variant_id,
    coalesce(ordered.variant, '')          AS variant,
    coalesce(measured.n_own, 0)            AS n_own,
    coalesce(measured.n_succeeded, 0)      AS n_succeeded,
    coalesce(measured.n_cases, 0)          AS n_cases,
    measured.success_rate,
    CASE WHEN measured.n_succeeded = 0 THEN measured.success_rate ELSE (
        success_rate * n_effective + $z2 / 2
        - sqrt($z2 * success_rate * (1 - success_rate) * n_effective + $z2 * $z2 / 4)
    ) / (n_effective + $z2) END AS success_low,
    CASE WHEN measured.n_succeeded = measured.n_own THEN measured.success_rate ELSE (
        success_rate * n_effective + $z2 / 2
        + sqrt($z2 * success_rate * (1 - success_rate) * n_effective + $z2 * $z2 / 4)
    ) / (n_effective + $z2) END AS success_high
FROM whole
LEFT JOIN ordered
    ON ordered.workflow_id = whole.workflow_id
    AND ordered.is_now = whole.is_now
    AND ordered.age = 1
LEFT JOIN measured
    ON measured.workflow_id = whole.workflow_id AND measured.is_now = whole.is_now
ORDER BY whole.workflow_id NULLS LAST, whole.is_now NULLS LAST
