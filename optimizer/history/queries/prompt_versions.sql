-- Versions of prompts with their texts, in the order of their making.
--
-- Grain:   one row per version
-- Params:  $prompt_id  VARCHAR  only this prompt; NULL: all
-- Columns: prompt_id, version, seq, state, prompt_sha256, changed_at, body (JSON),
--          text (NULL: not stored)

SELECT
    prompt_versions.prompt_id,
    prompt_versions.version,
    prompt_versions.seq,
    prompt_versions.state,
    prompt_versions.prompt_sha256,
    prompt_versions.changed_at,
    prompt_versions.body,
    prompts.text
FROM prompt_versions
LEFT JOIN prompts ON prompts.prompt_sha256 = prompt_versions.prompt_sha256
WHERE $prompt_id IS NULL OR prompt_versions.prompt_id = $prompt_id
ORDER BY
    prompt_versions.prompt_id NULLS LAST,
    prompt_versions.seq NULLS LAST,
    prompt_versions.version NULLS LAST
