-- The figures of runs that are about to be stored, and of each variant in them.
--
-- Grain:   one row per run, with variant_id NULL, and one per run and variant
-- Params:  $z2           DOUBLE   square of the normal quantile of the interval's level
--          $has_repeats  BOOLEAN  whether a run has a case twice; if none has, every test counts
--          Reads the relation incoming, which has the columns of tasks that are counted.
-- Columns: as in the table reports, and percentiles_ms, of which three of those are
--
-- Repeats of a case are not independent: n_effective is the number of independent tests that would
-- know the pass rate as well (Korn and Graubard 1998), between the cases and the completed tests.
-- The percentiles are asked for together, so that the latencies are kept once, not three times.
-- success_low and success_high are Wilson's bounds with that n.

WITH task AS (
    SELECT
        *,
        status IN ('succeeded', 'failed', 'timeout', 'error') AS completed
    FROM incoming
),
by_case AS (
    SELECT
        run_id,
        variant_id,
        grouping(variant_id) AS whole,
        avg(CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END) AS passed
    FROM task
    WHERE completed AND $has_repeats
    GROUP BY GROUPING SETS ((run_id, case_id), (run_id, variant_id, case_id))
),
by_set AS (
    SELECT
        run_id,
        coalesce(variant_id, '')        AS variant_key,
        count(*)                        AS n_clusters,
        var_samp(passed)                AS cluster_variance
    FROM by_case
    GROUP BY run_id, coalesce(variant_id, ''), whole
),
figures AS (
    SELECT
        run_id,
        variant_id,
        CASE WHEN count(DISTINCT variant) = 1 THEN min(variant) END            AS variant,
        count(DISTINCT variant_id)                                             AS n_variants,
        count(*)                                                               AS n_tasks,
        count(*) FILTER (WHERE completed)                                      AS n_completed,
        count(*) FILTER (WHERE status = 'succeeded')                           AS n_succeeded,
        count(*) FILTER (WHERE status = 'failed')                              AS n_failed,
        count(*) FILTER (WHERE status = 'timeout')                             AS n_timeout,
        count(*) FILTER (WHERE status = 'error')                               AS n_error,
        count(*) FILTER (WHERE status = 'cancelled')                           AS n_cancelled,
        count(DISTINCT case_id)                                                AS n_cases,
        avg(CASE WHEN completed THEN CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END END)
                                                                               AS success_rate,
        count(latency_ms) FILTER (WHERE completed)                             AS n_latency,
        avg(latency_ms) FILTER (WHERE completed)                               AS latency_mean_ms,
        stddev_samp(latency_ms) FILTER (WHERE completed)                       AS latency_sd_ms,
        percentile_cont([0.5e0, 0.95e0, 0.99e0])
            WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE completed)        AS percentiles_ms,
        count(cost_usd) FILTER (WHERE completed)                               AS n_cost,
        avg(cost_usd) FILTER (WHERE completed)                                 AS cost_mean_usd,
        stddev_samp(cost_usd) FILTER (WHERE completed)                         AS cost_sd_usd,
        sum(cost_usd) FILTER (WHERE completed)                                 AS cost_total_usd,
        count(tokens) FILTER (WHERE completed)                                 AS n_tokens,
        avg(tokens) FILTER (WHERE completed)                                   AS tokens_mean,
        CAST(sum(tokens) FILTER (WHERE completed) AS BIGINT)                   AS tokens_total,
        count(score) FILTER (WHERE completed)                                  AS n_scored,
        avg(score) FILTER (WHERE completed)                                    AS score_mean,
        stddev_samp(score) FILTER (WHERE completed)                            AS score_sd,
        CAST(sum(greatest(attempts - 1, 0)) AS BIGINT)                         AS n_retries,
        count(*) FILTER (WHERE failure_kind = 'timeout')                       AS n_timeout_failures,
        count(*) FILTER (WHERE failure_kind = 'api')                           AS n_api_failures,
        count(*) FILTER (WHERE failure_kind = 'validation')                    AS n_validation_failures,
        count(*) FILTER (WHERE failure_kind = 'llm')                           AS n_llm_failures,
        count(*) FILTER (WHERE failure_kind = 'unclassified')                  AS n_unclassified_failures
    FROM task
    GROUP BY GROUPING SETS ((run_id), (run_id, variant_id))
),
measured AS (
    SELECT
        figures.*,
        percentiles_ms[1] AS latency_p50_ms,
        percentiles_ms[2] AS latency_p95_ms,
        percentiles_ms[3] AS latency_p99_ms,
        CASE
            WHEN n_completed = 0 THEN NULL
            WHEN NOT $has_repeats OR n_clusters = n_completed THEN CAST(n_completed AS DOUBLE)
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
    LEFT JOIN by_set
        ON by_set.run_id = figures.run_id
        AND by_set.variant_key = coalesce(figures.variant_id, '')
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
ORDER BY run_id NULLS LAST, variant_id NULLS FIRST
