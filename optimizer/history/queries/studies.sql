-- What strategies measured that takes long, as stored; the newest of each key.
--
-- Grain:   one row per strategy, workflow and key
-- Params:  $workflow_ids  VARCHAR[]  the workflows
-- Columns: workflow_id, strategy, key_sha256, body (JSON)

SELECT workflow_id, strategy, key_sha256, max_by(body, made_at) AS body
FROM studies
WHERE workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
GROUP BY workflow_id, strategy, key_sha256
ORDER BY workflow_id NULLS LAST, strategy NULLS LAST, key_sha256 NULLS LAST
