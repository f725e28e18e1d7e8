-- The last line of the audit log.
--
-- Grain:   at most one row
-- Params:  none
-- Columns: seq, hash

SELECT seq, hash
FROM audit_log
ORDER BY seq DESC NULLS LAST
LIMIT 1
