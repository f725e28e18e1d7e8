-- How a metric spreads over the completed tests of one run, in bins of one width.
--
-- Bins of latency are of one width in logarithms, from the least to the greatest time above 0;
-- those of scores go from 0 to 1.
--
-- Grain:   one row per variant and bin that holds a test
-- Params:  $run_id  VARCHAR  the run
--          $metric  VARCHAR  latency or score
--          $n_bins  BIGINT   bins
-- Columns: variant_id, variant, bin (counted from 0), n (tests), least, most (ends of all bins, in
--          ms or of 0 to 1)

WITH known AS (
    SELECT
        variant_id,
        variant,
        CASE $metric WHEN 'latency' THEN latency_ms WHEN 'score' THEN score END AS value
    FROM tasks
    WHERE run_id = $run_id
        AND workflow_id IN (SELECT workflow_id FROM runs WHERE run_id = $run_id)
        AND status IN ('succeeded', 'failed', 'timeout', 'error')
),
ends AS (
    SELECT
        CASE $metric WHEN 'latency' THEN min(value) ELSE 0e0 END AS least,
        CASE $metric WHEN 'latency' THEN max(value) ELSE 1e0 END AS most
    FROM known
    WHERE value > 0 OR $metric = 'score'
),
shares AS (
    SELECT
        known.variant_id,
        known.variant,
        ends.least,
        ends.most,
        CASE
            WHEN ends.most <= ends.least THEN 0e0
            WHEN $metric = 'latency'
                THEN ln(known.value / ends.least) / ln(ends.most / ends.least)
            ELSE (known.value - ends.least) / (ends.most - ends.least)
        END AS share
    FROM known
    CROSS JOIN ends
    WHERE known.value BETWEEN ends.least AND ends.most
),
binned AS (
    SELECT
        variant_id,
        variant,
        least,
        most,
        least(CAST(floor(share * $n_bins) AS BIGINT), $n_bins - 1) AS bin
    FROM shares
)
SELECT variant_id, min(variant) AS variant, bin, count(*) AS n, min(least) AS least,
    max(most) AS most
FROM binned
GROUP BY variant_id, bin
ORDER BY variant NULLS LAST, variant_id NULLS LAST, bin NULLS LAST
