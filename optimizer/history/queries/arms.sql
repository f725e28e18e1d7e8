-- The variants in some runs: what they are, and how they went.
--
-- Grain:   one row per run and variant
-- Params:  $run_ids  VARCHAR[]  the runs
-- Columns: run_id, workflow_id, started_at, pairable, content_sha256, run_metadata (JSON),
--          warnings (JSON list),
--          variant_id, variant (label), prompt_sha256, provider, model, parameters, n_tasks,
--          n_completed, n_succeeded, n_errors (timed out or in error)

SELECT
    runs.run_id,
    runs.workflow_id,
    runs.started_at,
    runs.pairable,
    runs.content_sha256,
    runs.metadata                     AS run_metadata,
    runs.warnings,
    reports.variant_id,
    reports.variant,
    variants.prompt_sha256,
    variants.provider,
    variants.model,
    variants.parameters,
    reports.n_tasks,
    reports.n_completed,
    reports.n_succeeded,
    reports.n_timeout + reports.n_error AS n_errors
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
JOIN variants ON variants.variant_id = reports.variant_id
WHERE runs.run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
ORDER BY runs.started_at NULLS LAST, runs.run_id NULLS LAST, reports.variant_id NULLS LAST
