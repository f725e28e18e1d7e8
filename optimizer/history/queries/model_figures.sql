-- What was measured of each model at each provider.
--
-- Grain:   one row per model and provider
-- Params:  $workflow_id  VARCHAR  only this workflow; NULL: all
--          $unjudged     VARCHAR  warning of a run of which nobody told pass from fail
-- Columns: model, provider (NULL where not recorded), n_workflows, n_variants, n_runs, n_tasks,
--          n_completed, n_judged (completed, and told pass from fail), n_judged_cases (different
--          cases among them), n_succeeded (of the judged), success_rate, n_scored, score_mean,
--          n_latency, latency_mean_ms, latency_p50_ms, latency_p95_ms, n_cost, cost_mean_usd,
--          cost_total_usd, n_tokens, tokens_mean, tokens_in_mean, tokens_out_mean,
--          last_started_at; figures of completed tasks, each mean over what is known

WITH task AS (
    SELECT
        variants.model,
        variants.provider,
        tasks.workflow_id,
        tasks.variant_id,
        tasks.run_id,
        tasks.case_id,
        runs.started_at,
        CASE WHEN tasks.status IN ('succeeded', 'failed', 'timeout', 'error') THEN 1 END AS done,
        CASE
            WHEN contains(runs.warnings, $unjudged) THEN NULL
            WHEN tasks.status = 'succeeded' THEN 1e0
            WHEN tasks.status IN ('failed', 'timeout', 'error') THEN 0e0
        END                                                                           AS passed,
        tasks.score,
        tasks.latency_ms,
        tasks.cost_usd,
        tasks.tokens,
        tasks.tokens_in,
        tasks.tokens_out
    FROM tasks
    JOIN runs ON runs.run_id = tasks.run_id
    LEFT JOIN variants ON variants.variant_id = tasks.variant_id
    WHERE $workflow_id IS NULL OR tasks.workflow_id = $workflow_id
),
by_case AS (
    SELECT model, provider, count(*) AS n_judged_cases
    FROM (
        SELECT DISTINCT model, provider, workflow_id, case_id
        FROM task
        WHERE passed IS NOT NULL
    ) AS judged
    GROUP BY model, provider
),
figures AS (
    SELECT
        model,
        provider,
        count(DISTINCT workflow_id)                                      AS n_workflows,
        count(DISTINCT variant_id)                                       AS n_variants,
        count(DISTINCT run_id)                                           AS n_runs,
        count(*)                                                         AS n_tasks,
        count(done)                                                      AS n_completed,
        count(passed)                                                    AS n_judged,
        CAST(coalesce(sum(passed), 0) AS BIGINT)                         AS n_succeeded,
        avg(passed)                                                      AS success_rate,
        count(CASE WHEN done = 1 THEN score END)                         AS n_scored,
        avg(CASE WHEN done = 1 THEN score END)                           AS score_mean,
        count(CASE WHEN done = 1 THEN latency_ms END)                    AS n_latency,
        avg(CASE WHEN done = 1 THEN latency_ms END)                      AS latency_mean_ms,
        percentile_cont(0.5e0) WITHIN GROUP (ORDER BY CASE WHEN done = 1 THEN latency_ms END)
                                                                         AS latency_p50_ms,
        percentile_cont(0.95e0) WITHIN GROUP (ORDER BY CASE WHEN done = 1 THEN latency_ms END)
                                                                         AS latency_p95_ms,
        count(CASE WHEN done = 1 THEN cost_usd END)                      AS n_cost,
        avg(CASE WHEN done = 1 THEN cost_usd END)                        AS cost_mean_usd,
        sum(CASE WHEN done = 1 THEN cost_usd END)                        AS cost_total_usd,
        count(CASE WHEN done = 1 THEN tokens END)                        AS n_tokens,
        avg(CASE WHEN done = 1 THEN tokens END)                          AS tokens_mean,
        avg(CASE WHEN done = 1 THEN tokens_in END)                       AS tokens_in_mean,
        avg(CASE WHEN done = 1 THEN tokens_out END)                      AS tokens_out_mean,
        max(started_at)                                                  AS last_started_at
    FROM task
    GROUP BY model, provider
)
SELECT figures.*, coalesce(by_case.n_judged_cases, 0) AS n_judged_cases
FROM figures
LEFT JOIN by_case
    ON by_case.model IS NOT DISTINCT FROM figures.model
    AND by_case.provider IS NOT DISTINCT FROM figures.provider
ORDER BY figures.n_tasks DESC NULLS LAST, figures.model NULLS LAST, figures.provider NULLS LAST
