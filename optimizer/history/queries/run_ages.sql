-- How old each run is, and how many of its workflow are newer.
--
-- Grain:   one row per run
-- Params:  none
-- Columns: run_id, workflow_id, started_at, place (in its workflow, newest first, counted from 1)

SELECT
    run_id,
    workflow_id,
    started_at,
    row_number() OVER (
        PARTITION BY workflow_id ORDER BY started_at DESC NULLS LAST, run_id NULLS LAST
    ) AS place
FROM runs
ORDER BY started_at NULLS LAST, run_id NULLS LAST
