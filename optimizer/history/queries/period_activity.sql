-- The lines of the audit log of a period, oldest first.
--
-- Grain:   one row per line of the log
-- Params:  $workflow_id  VARCHAR    only on this workflow, as far as it can be told; NULL: all
--          $starts_at    TIMESTAMP  those that were written later
--          $ends_at      TIMESTAMP  up to this time
-- Columns: seq, logged_at, actor, action, subject, detail, previous_hash, hash

WITH told AS (
    SELECT decision_id AS subject, workflow_id FROM decisions
    UNION
    SELECT experiment_id AS subject, workflow_id FROM experiments
    UNION
    SELECT prompt_id AS subject, workflow_id FROM prompt_versions
    UNION
    SELECT run_id AS subject, workflow_id FROM runs
    UNION
    SELECT workflow_id AS subject, workflow_id FROM runs
)
SELECT seq, logged_at, actor, action, subject, detail, previous_hash, hash
FROM audit_log
WHERE logged_at > $starts_at
    AND logged_at <= $ends_at
    AND (
        $workflow_id IS NULL
        OR subject IN (SELECT subject FROM told WHERE workflow_id = $workflow_id)
    )
ORDER BY seq NULLS LAST
