-- What each scorer said of the tasks of one run, repeats of a case averaged first.
--
-- Grain:   one row per variant and scorer
-- Params:  $run_id  VARCHAR
-- Columns: variant_id, variant, scorer, n (tasks with a value), n_cases (cases with a value),
--          mean (of the cases' means; NULL if none), sd (of the same; NULL below two),
--          least, most (of all values),
--          n_judged (tasks with a word on pass or fail), n_passed

WITH said AS (
    SELECT
        tasks.variant_id,
        tasks.variant,
        tasks.case_id,
        task_scores.scorer,
        task_scores.value,
        task_scores.passed
    FROM task_scores
    JOIN tasks ON tasks.run_id = task_scores.run_id AND tasks.position = task_scores.position
    WHERE task_scores.run_id = $run_id
        AND tasks.run_id = $run_id
        AND tasks.workflow_id IN (SELECT workflow_id FROM runs WHERE run_id = $run_id)
), by_case AS (
    SELECT
        variant_id,
        min(variant)                   AS variant,
        scorer,
        count(value)                   AS n,
        avg(value)                     AS mean,
        min(value)                     AS least,
        max(value)                     AS most,
        count(passed)                  AS n_judged,
        count(*) FILTER (WHERE passed) AS n_passed
    FROM said
    GROUP BY variant_id, scorer, case_id
)
SELECT
    variant_id,
    min(variant)      AS variant,
    scorer,
    CAST(sum(n) AS BIGINT)    AS n,
    count(mean)       AS n_cases,
    avg(mean)         AS mean,
    stddev_samp(mean) AS sd,
    min(least)        AS least,
    max(most)         AS most,
    CAST(sum(n_judged) AS BIGINT) AS n_judged,
    CAST(sum(n_passed) AS BIGINT) AS n_passed
FROM by_case
GROUP BY variant_id, scorer
ORDER BY scorer NULLS LAST, variant NULLS LAST, variant_id NULLS LAST
