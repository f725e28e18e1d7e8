-- The files that runs came from, in the order in which they were ingested.
--
-- Grain:   one row per file
-- Params:  none
-- Columns: sha256, path, kept, n_bytes, n_redacted, ingested_at (when it was first)

SELECT
    source_sha256 AS sha256,
    min(path) AS path,
    min(kept) AS kept,
    max(n_bytes) AS n_bytes,
    max(n_redacted) AS n_redacted,
    min(ingested_at) AS ingested_at
FROM sources
GROUP BY source_sha256
ORDER BY ingested_at NULLS LAST, path NULLS LAST, sha256 NULLS LAST
