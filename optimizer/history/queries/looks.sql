-- The looks of one experiment, of one workflow, or at one pair of variants, oldest first.
--
-- Grain:   one row per look
-- Params:  $experiment_id  VARCHAR  only of this experiment; NULL: all
--          $workflow_id    VARCHAR  only of this workflow; NULL: all
--          $metric         VARCHAR  only on this metric; NULL: all
--          $baseline_id    VARCHAR  only against this variant; NULL: all
--          $candidate_id   VARCHAR  only of this variant; NULL: all
-- Columns: as in the table looks

SELECT looks.*
FROM looks
JOIN experiments ON experiments.experiment_id = looks.experiment_id
WHERE ($experiment_id IS NULL OR looks.experiment_id = $experiment_id)
    AND ($workflow_id IS NULL OR experiments.workflow_id = $workflow_id)
    AND ($metric IS NULL OR looks.metric = $metric)
    AND ($baseline_id IS NULL OR looks.baseline_id = $baseline_id)
    AND ($candidate_id IS NULL OR looks.candidate_id = $candidate_id)
ORDER BY looks.looked_at NULLS LAST, looks.experiment_id NULLS LAST, looks.seq NULLS LAST
