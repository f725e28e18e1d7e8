-- The audit log, oldest first.
--
-- Grain:   one row per line of the log
-- Params:  $subject  VARCHAR  only lines on this; NULL: all
-- Columns: seq, logged_at, actor, action, subject, detail, previous_hash, hash

SELECT seq, logged_at, actor, action, subject, detail, previous_hash, hash
FROM audit_log
WHERE $subject IS NULL OR subject = $subject
ORDER BY seq NULLS LAST
