-- The text of a prompt by its hash.
--
-- Grain:   one row, or none
-- Params:  $prompt_sha256  VARCHAR
-- Columns: text

SELECT text
FROM prompts
WHERE prompt_sha256 = $prompt_sha256
ORDER BY text NULLS LAST
LIMIT 1
