-- Which of some variants and prompt texts are stored.
--
-- Grain:   one row per variant and per prompt text
-- Params:  $variant_ids     VARCHAR[]
--          $prompt_sha256s  VARCHAR[]
-- Columns: kind (variant or prompt), key

SELECT 'variant' AS kind, variant_id AS key
FROM variants
WHERE array_contains($variant_ids, variant_id)
UNION ALL
SELECT 'prompt' AS kind, prompt_sha256 AS key
FROM prompts
WHERE array_contains($prompt_sha256s, prompt_sha256)
ORDER BY kind NULLS LAST, key NULLS LAST
