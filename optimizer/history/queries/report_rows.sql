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
-- The percentiles are asked for together, so that the latencies are kept once, not three times. Most
-- runs have one variant, whose figures are those of the run: only the tasks of others go in twice.
-- Distinct cases are counted only where there are repeats, and no aggregate has a FILTER: with one
-- each, planning takes longer than adding up.
-- success_low and success_high are Wilson's bounds with that n.

WITH task AS (
    SELECT
        * REPLACE (
            CASE WHEN completed THEN score END AS score,
            CASE WHEN completed THEN latency_ms END AS latency_ms,
            CASE WHEN completed THEN tokens END AS tokens,
            CASE WHEN completed THEN cost_usd END AS cost_usd
        ),
        CASE WHEN completed THEN CASE WHEN status = 'succeeded' THEN 1e0 ELSE 0e0 END END AS passed
    FROM (
        SELECT *, status IN ('succeeded', 'failed', 'timeout', 'error') AS completed FROM incoming
    )
),
by_case AS (
    SELECT
        run_id,
        variant_id,
        grouping(variant_id) AS whole,
        avg(passed) AS passed
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
mixed AS (
    SELECT run_id FROM incoming GROUP BY run_id HAVING min(variant_id) < max(variant_id)
),
counted AS (
    SELECT * FROM task
    UNION ALL
    SELECT * REPLACE (nullif(variant_id, variant_id) AS variant_id)
    FROM task
    WHERE run_id IN (SELECT run_id FROM mixed)
),
figures AS (
    SELECT
        run_id,
        variant_id,
        CASE WHEN min(variant) = max(variant) THEN min(variant) END            AS variant,
        count(*)                                                               AS n_tasks,
        count(passed)                                                          AS n_completed,
        count(CASE WHEN status = 'succeeded' THEN 1 END)                       AS n_succeeded,
        count(CASE WHEN status = 'failed' THEN 1 END)                          AS n_failed,
        count(CASE WHEN status = 'timeout' THEN 1 END)                         AS n_timeout,
        count(CASE WHEN status = 'error' THEN 1 END)                           AS n_error,
        count(CASE WHEN status = 'cancelled' THEN 1 END)                       AS n_cancelled,
        CASE
            WHEN $has_repeats THEN count(DISTINCT CASE WHEN $has_repeats THEN case_id END)
            ELSE count(*)
        END                                                                    AS n_cases,
        avg(passed)                                                            AS success_rate,
        count(latency_ms)                                                      AS n_latency,
        avg(latency_ms)                                                        AS latency_mean_ms,
        stddev_samp(latency_ms)                                                AS latency_sd_ms,
        percentile_cont([0.5e0, 0.95e0, 0.99e0])
            WITHIN GROUP (ORDER BY latency_ms)                                 AS percentiles_ms,
        count(cost_usd)                                                        AS n_cost,
        avg(cost_usd)                                                          AS cost_mean_usd,
        stddev_samp(cost_usd)                                                  AS cost_sd_usd,
        sum(cost_usd)                                                          AS cost_total_usd,
        count(tokens)                                                          AS n_tokens,
        avg(tokens)                                                            AS tokens_mean,
        CAST(sum(tokens) AS BIGINT)                                            AS tokens_total,
        count(score)                                                           AS n_scored,
        avg(score)                                                             AS score_mean,
        stddev_samp(score)                                                     AS score_sd,
        CAST(sum(greatest(attempts - 1, 0)) AS BIGINT)                         AS n_retries,
        count(CASE WHEN failure_kind = 'timeout' THEN 1 END)                   AS n_timeout_failures,
        count(CASE WHEN failure_kind = 'api' THEN 1 END)                       AS n_api_failures,
        count(CASE WHEN failure_kind = 'validation' THEN 1 END)                AS n_validation_failures,
        count(CASE WHEN failure_kind = 'llm' THEN 1 END)                       AS n_llm_failures,
        count(CASE WHEN failure_kind = 'unclassified' THEN 1 END)              AS n_unclassified_failures
    FROM counted
    GROUP BY run_id, variant_id
),
by_run AS (
    SELECT run_id, count(variant_id) AS n_variants FROM figures GROUP BY run_id
),
either AS (
    SELECT
        figures.* REPLACE (CASE WHEN for_run THEN NULL ELSE variant_id END AS variant_id),
        CASE WHEN for_run OR variant_id IS NULL THEN by_run.n_variants ELSE 1 END AS n_variants
    FROM figures
    JOIN by_run ON by_run.run_id = figures.run_id
    CROSS JOIN (SELECT FALSE AS for_run UNION ALL SELECT TRUE) AS row_of
    WHERE NOT for_run OR by_run.n_variants = 1
),
measured AS (
    SELECT
        either.*,
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
    FROM either
    LEFT JOIN by_set
        ON by_set.run_id = either.run_id
        AND by_set.variant_key = coalesce(either.variant_id, '')
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
