-- The decisions whose id begins with a text, or of one workflow, newest first.
--
-- Grain:   one row per decision
-- Params:  $prefix       VARCHAR  beginning of the id; empty: any
--          $workflow_id  VARCHAR  only this workflow; NULL: all
--          $limit        BIGINT   no more than these
-- Columns: decision_id, state, body (JSON)

SELECT decision_id, state, body
FROM decisions
WHERE starts_with(decision_id, $prefix)
    AND ($workflow_id IS NULL OR workflow_id = $workflow_id)
ORDER BY decided_at DESC NULLS LAST, decision_id NULLS LAST
LIMIT $limit
