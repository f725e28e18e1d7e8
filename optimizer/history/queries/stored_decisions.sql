-- Those of some decisions that are stored.
--
-- Grain:   one row per decision
-- Params:  $decision_ids  VARCHAR[]
-- Columns: decision_id, state, body (JSON)

SELECT decision_id, state, body
FROM decisions
WHERE decision_id IN (SELECT item FROM unnest($decision_ids) AS named(item))
ORDER BY decision_id NULLS LAST
