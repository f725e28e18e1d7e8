-- What does not fit together among the versions of prompts.
--
-- Grain:   one row per misfit
-- Params:  none
-- Columns: kind (twice, in_use, no_parent or no_text), prompt_id, version (NULL: the prompt as a
--          whole), n (how often it is found)

SELECT
    'twice' AS kind,
    prompt_id,
    version,
    CAST(count(*) AS BIGINT) AS n
FROM prompt_versions
GROUP BY prompt_id, version
HAVING count(*) > 1

UNION ALL

SELECT
    'in_use' AS kind,
    prompt_id,
    NULL AS version,
    CAST(count(*) AS BIGINT) AS n
FROM prompt_versions
WHERE state IN ('baseline', 'in_force')
GROUP BY prompt_id
HAVING count(*) > 1

UNION ALL

SELECT
    'no_parent' AS kind,
    child.prompt_id,
    child.version,
    CAST(0 AS BIGINT) AS n
FROM prompt_versions AS child
LEFT JOIN prompt_versions AS made_of
    ON made_of.prompt_id = child.prompt_id AND made_of.version = child.parent
WHERE child.parent IS NOT NULL AND made_of.version IS NULL

UNION ALL

SELECT
    'no_text' AS kind,
    stored.prompt_id,
    stored.version,
    CAST(0 AS BIGINT) AS n
FROM prompt_versions AS stored
LEFT JOIN prompts ON prompts.prompt_sha256 = stored.prompt_sha256
WHERE prompts.text IS NULL

ORDER BY prompt_id NULLS LAST, kind NULLS LAST, version NULLS LAST
