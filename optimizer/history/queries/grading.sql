-- What the tool of one run said beyond the common figures, in sums.
--
-- Grain:   one row
-- Params:  $run_id  VARCHAR
-- Columns: n_judge_tokens (tasks), judge_tokens, n_judge_cost (tasks), judge_cost_usd,
--          n_tokens_cached (tasks), tokens_cached, n_derived_costs (tasks), n_censored (tasks that a
--          limit ended); sums are NULL where nothing is known

SELECT
    count(judge_tokens)         AS n_judge_tokens,
    CAST(sum(judge_tokens) AS BIGINT)   AS judge_tokens,
    count(judge_cost_usd)       AS n_judge_cost,
    sum(judge_cost_usd)         AS judge_cost_usd,
    count(tokens_cached)        AS n_tokens_cached,
    CAST(sum(tokens_cached) AS BIGINT)  AS tokens_cached,
    count(cost_source)          AS n_derived_costs,
    count(censored_ms)          AS n_censored
FROM task_origins
WHERE run_id = $run_id
ORDER BY n_judge_tokens NULLS LAST
