-- The figures of each variant of a workflow over its newest runs, most recently run first.
--
-- Grain:   one row per workflow and variant
-- Params:  $workflow_ids VARCHAR[]  the workflows
--          $as_of        TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $max_runs     INTEGER    newest runs of a variant that are looked at
--          $slow_ms      DOUBLE     tasks that took longer are counted; NULL: none are
--          $z2           DOUBLE     square of the normal quantile of the interval's level
--          $unjudged     VARCHAR    warning of a run of which nobody told pass from fail
-- Columns: workflow_id, variant_id, variant (label of the newest run), model, n_runs, n_unjudged
--          (runs of which nobody told pass from fail), n_slow, first_started_at, last_started_at,
--          provider, parameters, prompt_sha256, tokens_in_mean, tokens_out_mean, then the figures
--          as in the table reports; n_effective and the bounds of the pass rate as in report_rows.sql
--
-- Mean and spread of the price are those of calls that no cache answered; their total is of all.
-- Figures of completed tasks only: the values of others are NULL in `counted`. FILTER would say the
-- same, and copies every column for each figure that has one.

WITH run_of_variant AS (
    SELECT
        runs.run_id,
        runs.workflow_id,
        reports.variant_id,
        reports.variant,
        runs.started_at,
        contains(runs.warnings, $unjudged) AS unjudged,
        row_number() OVER (
            PARTITION BY runs.workflow_id, reports.variant_id
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
        ) AS age
    FROM (SELECT DISTINCT item FROM unnest($workflow_ids) AS named(item)) AS asked
    JOIN runs ON runs.workflow_id = asked.item
    JOIN reports ON reports.run_id = runs.run_id
    WHERE reports.variant_id IS NOT NULL
        AND ($as_of IS NULL OR runs.finished_at <= $as_of)
),
task AS (
    SELECT
        tasks.*,
        newest.started_at,
        newest.variant AS newest_label,
        newest.age,
        tasks.status IN ('succeeded', 'failed', 'timeout', 'error') AS completed
    FROM tasks
    JOIN run_of_variant AS newest
        ON newest.run_id = tasks.run_id AND newest.variant_id = tasks.variant_id
    WHERE newest.age <= $max_runs
        AND tasks.workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
),
by_variant AS (
    SELECT
        workflow_id,
        variant_id,
        CAST(sum(CASE WHEN unjudged THEN 1 ELSE 0 END) AS BIGINT) AS n_unjudged
    FROM run_of_variant
    WHERE age <= $max_runs
    GROUP BY workflow_id, variant_id
),
counted AS (
    SELECT
        workflow_id,
        variant_id,
        newest_label,
        age,
        started_at,
        case_id,
        status,
        failure_kind,
        attempts,
        CASE WHEN completed THEN CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END END
                                                AS passed,
        CASE WHEN completed THEN latency_ms END AS latency_ms,
        CASE WHEN completed THEN cost_usd END   AS cost_usd,
        CASE WHEN completed AND NOT coalesce(cached, false) THEN cost_usd END AS price_usd,
        CASE WHEN completed THEN tokens END     AS tokens,
        CASE WHEN completed THEN tokens_in END  AS tokens_in,
        CASE WHEN completed THEN tokens_out END AS tokens_out,
        CASE WHEN completed THEN score END      AS score
    FROM task
),
by_case AS (
    SELECT workflow_id, variant_id, avg(passed) AS passed
    FROM counted
    GROUP BY workflow_id, variant_id, case_id
),
by_set AS (
    SELECT
        workflow_id,
        variant_id,
        count(*)         AS n_cases,
        count(passed)    AS n_clusters,
        var_samp(passed) AS cluster_variance
    FROM by_case
    GROUP BY workflow_id, variant_id
),
figures AS (
    SELECT
        workflow_id,
        variant_id,
        max_by(newest_label, started_at)                              AS variant,
        max(age)                                                      AS n_runs,
        count(CASE WHEN latency_ms > $slow_ms THEN 1 END)             AS n_slow,
        min(started_at)                                               AS first_started_at,
        max(started_at)                                               AS last_started_at,
        count(*)                                                      AS n_tasks,
        count(passed)                                                 AS n_completed,
        count(CASE WHEN status = 'succeeded' THEN 1 END)              AS n_succeeded,
        count(CASE WHEN status = 'failed' THEN 1 END)                 AS n_failed,
        count(CASE WHEN status = 'timeout' THEN 1 END)                AS n_timeout,
        count(CASE WHEN status = 'error' THEN 1 END)                  AS n_error,
        count(CASE WHEN status = 'cancelled' THEN 1 END)              AS n_cancelled,
        avg(passed)                                                   AS success_rate,
        count(latency_ms)                                             AS n_latency,
        avg(latency_ms)                                               AS latency_mean_ms,
        stddev_samp(latency_ms)                                       AS latency_sd_ms,
        percentile_cont(0.5e0) WITHIN GROUP (ORDER BY latency_ms)     AS latency_p50_ms,
        percentile_cont(0.95e0) WITHIN GROUP (ORDER BY latency_ms)    AS latency_p95_ms,
        percentile_cont(0.99e0) WITHIN GROUP (ORDER BY latency_ms)    AS latency_p99_ms,
        count(price_usd)                                              AS n_cost,
        avg(price_usd)                                                AS cost_mean_usd,
        stddev_samp(price_usd)                                        AS cost_sd_usd,
        sum(cost_usd)                                                 AS cost_total_usd,
        count(tokens)                                                 AS n_tokens,
        avg(tokens)                                                   AS tokens_mean,
        CAST(sum(tokens) AS BIGINT)                                   AS tokens_total,
        avg(tokens_in)                                                AS tokens_in_mean,
        avg(tokens_out)                                               AS tokens_out_mean,
        count(score)                                                  AS n_scored,
        avg(score)                                                    AS score_mean,
        stddev_samp(score)                                            AS score_sd,
        CAST(sum(greatest(attempts - 1, 0)) AS BIGINT)                AS n_retries,
        count(CASE WHEN failure_kind = 'timeout' THEN 1 END)          AS n_timeout_failures,
        count(CASE WHEN failure_kind = 'api' THEN 1 END)              AS n_api_failures,
        count(CASE WHEN failure_kind = 'validation' THEN 1 END)       AS n_validation_failures,
        count(CASE WHEN failure_kind = 'llm' THEN 1 END)              AS n_llm_failures,
        count(CASE WHEN failure_kind = 'unclassified' THEN 1 END)     AS n_unclassified_failures
    FROM counted
    GROUP BY workflow_id, variant_id
),
measured AS (
    SELECT
        figures.*,
        variants.model,
        variants.provider,
        variants.parameters,
        variants.prompt_sha256,
        by_variant.n_unjudged,
        by_set.n_cases,
        CASE
            WHEN n_completed = 0 THEN NULL
            WHEN n_clusters = n_completed THEN CAST(n_completed AS DOUBLE)
            WHEN coalesce(cluster_variance, 0e0) = 0e0 THEN CAST(n_clusters AS DOUBLE)
            ELSE greatest(
                CAST(n_clusters AS DOUBLE),
                least(
                    CAST(n_completed AS DOUBLE),
                    success_rate * (1 - success_rate) * n_clusters / cluster_variance
                )
            )
        END AS n_effective
    FROM figures
    JOIN variants ON variants.variant_id = figures.variant_id
    JOIN by_set
        ON by_set.workflow_id = figures.workflow_id AND by_set.variant_id = figures.variant_id
    JOIN by_variant
        ON by_variant.workflow_id = figures.workflow_id
        AND by_variant.variant_id = figures.variant_id
)
SELECT
    *,
    CASE WHEN n_succeeded = 0 THEN success_rate ELSE (
        success_rate * n_effective + $z2 / 2
        - sqrt($z2 * success_rate * (1 - success_rate) * n_effective + $z2 * $z2 / 4)
    ) / (n_effective + $z2) END AS success_low,
    CASE WHEN n_succeeded = n_completed THEN success_rate ELSE (
        success_rate * n_effective + $z2 / 2
        + sqrt($z2 * success_rate * (1 - success_rate) * n_effective + $z2 * $z2 / 4)
    ) / (n_effective + $z2) END AS success_high
FROM measured
ORDER BY workflow_id NULLS LAST, last_started_at DESC NULLS LAST,
    n_tasks DESC NULLS LAST, variant_id NULLS LAST
