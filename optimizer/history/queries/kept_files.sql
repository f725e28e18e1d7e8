-- The files of which all was kept.
--
-- Grain:   one row per file
-- Params:  none
-- Columns: source_sha256, n_redacted (secrets blanked in what was kept)

SELECT source_sha256, max(n_redacted) AS n_redacted
FROM sources
WHERE content IS NOT NULL
GROUP BY source_sha256
ORDER BY source_sha256 NULLS LAST
