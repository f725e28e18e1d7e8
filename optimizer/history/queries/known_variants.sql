-- Which of some variants and prompt texts are stored.
--
-- Grain:   one row per variant and per prompt text
-- Params:  $variant_ids     VARCHAR[]
--          $prompt_sha256s  VARCHAR[]
-- Columns: kind (variant or prompt), key

SELECT 'variant' AS kind, variant_id AS key
FROM variants
WHERE variant_id IN (SELECT item FROM unnest($variant_ids) AS named(item))
UNION ALL
SELECT 'prompt' AS kind, prompt_sha256 AS key
FROM prompts
WHERE prompt_sha256 IN (SELECT item FROM unnest($prompt_sha256s) AS named(item))
ORDER BY kind NULLS LAST, key NULLS LAST
