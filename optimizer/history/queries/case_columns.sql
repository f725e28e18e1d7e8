-- What each case gave under some variants, each over its runs: its repeats, averaged.
--
-- Grain:   one row per variant and case
-- Params:  $arms  VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
-- Columns: variant_id, case_id, n (completed tasks), n_passed, n_errors (timed out or in error),
--          n_cached (of the completed), n_unfinished, n_scored, score (errors score 0; NULL without
--          a score), score_variance,
--          n_latency, latency_ms, n_cost, cost_usd, n_tokens, tokens (means over what is known;
--          what a cache answered has no price), family, first_at (UTC)

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
),
task AS (
    SELECT
        tasks.variant_id,
        tasks.case_id,
        status IN ('succeeded', 'failed', 'timeout', 'error')                   AS completed,
        status = 'succeeded'                                                    AS passed,
        status IN ('timeout', 'error')                                          AS broke,
        CASE WHEN status IN ('timeout', 'error') THEN 0e0
             WHEN status IN ('succeeded', 'failed') THEN score END              AS score,
        CASE WHEN status IN ('succeeded', 'failed', 'timeout', 'error')
             THEN latency_ms END                                                AS latency_ms,
        CASE WHEN status IN ('succeeded', 'failed', 'timeout', 'error')
                 AND NOT coalesce(cached, false) THEN cost_usd END              AS cost_usd,
        CASE WHEN status IN ('succeeded', 'failed', 'timeout', 'error')
             THEN tokens END                                                    AS tokens,
        coalesce(cached, false)                                                 AS cached,
        family,
        created_at
    FROM tasks
    JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
    WHERE tasks.workflow_id IN (
        SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
    )
)
SELECT
    variant_id,
    case_id,
    count(CASE WHEN completed THEN 1 END) AS n,
    count(CASE WHEN passed THEN 1 END)    AS n_passed,
    count(CASE WHEN broke THEN 1 END)     AS n_errors,
    count(CASE WHEN completed AND cached THEN 1 END) AS n_cached,
    count(CASE WHEN NOT completed THEN 1 END) AS n_unfinished,
    count(score)                          AS n_scored,
    avg(score)                            AS score,
    var_samp(score)                       AS score_variance,
    count(latency_ms)                     AS n_latency,
    avg(latency_ms)                       AS latency_ms,
    count(cost_usd)                       AS n_cost,
    avg(cost_usd)                         AS cost_usd,
    count(tokens)                         AS n_tokens,
    avg(tokens)                           AS tokens,
    coalesce(min(family), '')             AS family,
    min(created_at)                       AS first_at
FROM task
GROUP BY variant_id, case_id
ORDER BY variant_id NULLS LAST, case_id NULLS LAST
