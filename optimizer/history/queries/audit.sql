-- The audit log, oldest first.
--
-- Grain:   one row per line of the log
-- Params:  $subject  VARCHAR    only lines on this; NULL: all
--          $actor    VARCHAR    only what this one did; NULL: anybody
--          $since    TIMESTAMP  only lines from this time on; NULL: from the first on
--          $until    TIMESTAMP  only lines up to this time; NULL: to the last
-- Columns: seq, logged_at, actor, action, subject, detail, previous_hash, hash

SELECT seq, logged_at, actor, action, subject, detail, previous_hash, hash
FROM audit_log
WHERE ($subject IS NULL OR subject = $subject)
    AND ($actor IS NULL OR actor = $actor)
    AND ($since IS NULL OR logged_at >= $since)
    AND ($until IS NULL OR logged_at <= $until)
ORDER BY seq NULLS LAST
