-- The files that could not be ingested, newest first.
--
-- Grain:   one row per attempt
-- Params:  $limit  BIGINT  no more than these
-- Columns: path, reason, rejected_at

SELECT path, reason, rejected_at
FROM ingest_rejects
ORDER BY rejected_at DESC NULLS LAST, path NULLS LAST
LIMIT $limit
