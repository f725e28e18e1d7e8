-- What was spent in each hour by each tenant on each workflow, oldest first.
--
-- Days are made of hours by who asks: budgets begin their day at different hours.
--
-- Grain:   one row per hour, workflow and tenant with a task that was begun
-- Params:  $as_of   TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $at      TIMESTAMP  how far back is counted from here; NULL: from the newest run's end
--          $n_hours BIGINT     tasks that began so many hours before are not seen
-- Columns: hour_us (its beginning, microseconds since 1970 UTC), workflow_id, tenant, n_requests,
--          n_priced (with a known price), cost_usd (theirs), largest_usd (of one, or NULL)

WITH seen AS (
    SELECT run_id, finished_at
    FROM runs
    WHERE $as_of IS NULL OR finished_at <= $as_of
),
newest AS (
    SELECT epoch_us(coalesce(CAST($at AS TIMESTAMP), max(finished_at))) AS end_us
    FROM seen
),

spent AS (
    SELECT
        tasks.run_id,
        epoch_us(tasks.created_at) - epoch_us(tasks.created_at) % 3600000000 AS hour_us,
        tasks.workflow_id,
        tasks.tenant,
        count(*)              AS n_requests,
        count(tasks.cost_usd) AS n_priced,
        sum(tasks.cost_usd)   AS cost_usd,
        max(tasks.cost_usd)   AS largest_usd
    FROM tasks
    CROSS JOIN newest
    WHERE tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
        AND epoch_us(tasks.created_at) >= newest.end_us - $n_hours * 3600000000
        AND ($at IS NULL OR tasks.created_at <= $at)
    GROUP BY 1, 2, 3, 4
)

SELECT
    spent.hour_us,
    spent.workflow_id,
    spent.tenant,
    CAST(sum(spent.n_requests) AS BIGINT) AS n_requests,
    CAST(sum(spent.n_priced) AS BIGINT)   AS n_priced,
    coalesce(sum(spent.cost_usd), 0e0)    AS cost_usd,
    max(spent.largest_usd)                AS largest_usd
FROM spent
JOIN seen ON seen.run_id = spent.run_id
GROUP BY spent.hour_us, spent.workflow_id, spent.tenant
ORDER BY hour_us NULLS LAST, workflow_id NULLS LAST, tenant NULLS LAST
