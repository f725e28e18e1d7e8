-- How many rows each table has that must agree with another.
--
-- Grain:   one row
-- Params:  none
-- Columns: n_runs, n_tasks, n_reported_tasks, n_payloads, n_orphans (tasks without a run),
--          n_duplicate_runs

SELECT
    (SELECT count(*) FROM runs)                                              AS n_runs,
    (SELECT count(*) FROM tasks)                                             AS n_tasks,
    (SELECT CAST(coalesce(sum(n_tasks), 0) AS BIGINT) FROM reports
        WHERE variant_id IS NULL)                                            AS n_reported_tasks,
    (SELECT count(*) FROM task_texts)                                        AS n_payloads,
    (SELECT count(*) FROM tasks
        WHERE run_id NOT IN (SELECT run_id FROM runs))                       AS n_orphans,
    (SELECT count(*) - count(DISTINCT run_id) FROM runs)                     AS n_duplicate_runs
ORDER BY n_runs NULLS LAST
