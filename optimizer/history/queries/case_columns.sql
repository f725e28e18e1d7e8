-- What each case gave under one variant in some runs: its repeats, averaged.
--
-- Grain:   one row per case
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: case_id, n (completed tasks), n_passed, n_errors (timed out or in error),
--          n_cached (of the completed), n_unfinished, n_scored, score (errors score 0; NULL without a score), score_variance,
--          n_latency, latency_ms, n_cost, cost_usd, n_tokens, tokens (means over what is known;
--          what a cache answered has no price), family, first_at (UTC)

WITH task AS (
    SELECT
        case_id,
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
    WHERE array_contains($run_ids, run_id) AND variant_id = $variant_id
)
SELECT
    case_id,
    count(*) FILTER (WHERE completed)     AS n,
    count(*) FILTER (WHERE passed)        AS n_passed,
    count(*) FILTER (WHERE broke)         AS n_errors,
    count(*) FILTER (WHERE completed AND cached) AS n_cached,
    count(*) FILTER (WHERE NOT completed) AS n_unfinished,
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
GROUP BY case_id
ORDER BY case_id NULLS LAST
