-- When the newest run ended.
--
-- Grain:   one row, or none where nothing has run
-- Params:  $workflow_id  VARCHAR    only of this workflow; NULL: of all
--          $as_of        TIMESTAMP  runs that ended later are not seen; NULL: all are
-- Columns: finished_at

SELECT finished_at
FROM runs
WHERE ($workflow_id IS NULL OR workflow_id = $workflow_id)
    AND ($as_of IS NULL OR finished_at <= $as_of)
ORDER BY finished_at DESC NULLS LAST
LIMIT 1
