-- The cases of some runs.
--
-- Grain:   one row per case
-- Params:  $run_ids  VARCHAR[]
-- Columns: case_id

SELECT DISTINCT case_id
FROM tasks
WHERE workflow_id IN (
        SELECT workflow_id
        FROM runs
        WHERE run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
    )
    AND run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
ORDER BY case_id NULLS LAST
