-- The files that could not be ingested in a period, newest first.
--
-- Grain:   one row per attempt
-- Params:  $starts_at  TIMESTAMP  those that were refused later
--          $ends_at    TIMESTAMP  up to this time
-- Columns: path, reason, rejected_at

SELECT path, reason, rejected_at
FROM ingest_rejects
WHERE rejected_at > $starts_at AND rejected_at <= $ends_at
ORDER BY rejected_at DESC NULLS LAST, path NULLS LAST
