-- Which variants of a workflow ran when, and what they are, oldest run first.
--
-- Grain:   one row per run and variant
-- Params:  $workflow_id  VARCHAR  the workflow
-- Columns: run_id, started_at, ingested_at, pairable, variant_id, variant (label), prompt_sha256, provider,
--          model, parameters (canonical JSON), n (completed tasks), n_succeeded

SELECT
    runs.run_id,
    runs.started_at,
    runs.ingested_at,
    runs.pairable,
    reports.variant_id,
    reports.variant,
    variants.prompt_sha256,
    variants.provider,
    variants.model,
    variants.parameters,
    reports.n_completed AS n,
    reports.n_succeeded
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
JOIN variants ON variants.variant_id = reports.variant_id
WHERE runs.workflow_id = $workflow_id
ORDER BY runs.started_at NULLS LAST, runs.run_id NULLS LAST, reports.variant_id NULLS LAST
