-- The text of the prompts of some variants, where it was recorded.
--
-- Grain:   one row per variant with a prompt
-- Params:  $variant_ids  VARCHAR[]
-- Columns: variant_id, text

SELECT variants.variant_id, prompts.text
FROM variants
JOIN prompts ON prompts.prompt_sha256 = variants.prompt_sha256
WHERE variants.variant_id IN (SELECT item FROM unnest($variant_ids) AS named(item))
ORDER BY variants.variant_id NULLS LAST
