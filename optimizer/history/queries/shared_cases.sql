-- How many cases of some runs were also in others.
--
-- Grain:   one row
-- Params:  $run_ids        VARCHAR[]
--          $other_run_ids  VARCHAR[]
-- Columns: n (cases)

SELECT count(DISTINCT case_id) AS n
FROM tasks
WHERE array_contains($run_ids, run_id)
    AND case_id IN (SELECT case_id FROM tasks WHERE array_contains($other_run_ids, run_id))
ORDER BY n NULLS LAST
