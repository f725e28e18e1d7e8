-- Those of some decisions that are stored.
--
-- Grain:   one row per decision
-- Params:  $decision_ids  VARCHAR[]
-- Columns: decision_id, state, body (JSON)

SELECT decision_id, state, body
FROM decisions
WHERE array_contains($decision_ids, decision_id)
ORDER BY decision_id NULLS LAST
