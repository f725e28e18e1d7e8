-- The names of some tasks of a run.
--
-- Grain:   one row per task
-- Params:  $run_id     VARCHAR    the run
--          $positions  INTEGER[]  places in it, counted from 0
-- Columns: position, task_id

SELECT
    position,
    task_id
FROM tasks
WHERE run_id = $run_id
    AND workflow_id IN (SELECT workflow_id FROM runs WHERE run_id = $run_id)
    AND array_contains($positions, position)
ORDER BY position NULLS LAST
