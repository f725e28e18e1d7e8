-- Version 3: what other tools say of a task beyond the common fields, and feedback of users.

ALTER TABLE runs ALTER COLUMN duration_s DROP NOT NULL;

ALTER TABLE task_payloads RENAME TO task_texts;

CREATE TABLE long_texts (
    -- Texts of more than 2000 characters (not all ASCII: 500) in pieces of that length, which are
    -- written without being held in memory. `task_payloads` puts those of payloads together.
    run_id   VARCHAR NOT NULL,
    position INTEGER NOT NULL,              -- place in the run, as in `tasks`
    field    VARCHAR NOT NULL,              -- inputs, ..., error_message, reason of <scorer>
    piece    INTEGER NOT NULL,              -- counted from 0
    text     VARCHAR NOT NULL USING COMPRESSION zstd
);

CREATE VIEW task_payloads AS
    -- Texts of a task, whole.
    SELECT
        task_texts.run_id,
        task_texts.position,
        coalesce(task_texts.inputs, long_inputs.text) AS inputs,
        coalesce(task_texts.outputs, long_outputs.text) AS outputs,
        coalesce(task_texts.metadata, long_metadata.text) AS metadata,
        coalesce(task_texts.result_metadata, long_result_metadata.text) AS result_metadata
    FROM task_texts
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'inputs' GROUP BY run_id, position
    ) AS long_inputs USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'outputs' GROUP BY run_id, position
    ) AS long_outputs USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'metadata' GROUP BY run_id, position
    ) AS long_metadata USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'result_metadata' GROUP BY run_id, position
    ) AS long_result_metadata USING (run_id, position);

CREATE TABLE task_origins (
    -- What the tool said of a task beyond the common fields; no row where that is nothing.
    run_id         VARCHAR NOT NULL,
    position       INTEGER NOT NULL,        -- place in the run, as in `tasks`
    row_key        VARCHAR,                 -- finds the task again in its source file
    request_id     VARCHAR,                 -- of its request or trace
    tokens_cached  BIGINT,                  -- prompt tokens read from the provider's cache
    judge_tokens   BIGINT,                  -- of those who graded; not the system's
    judge_cost_usd DOUBLE,                  -- price of grading
    censored_ms    DOUBLE,                  -- how long it ran at least; latency_ms is NULL then
    cost_source    VARCHAR                  -- price table that cost_usd was derived from
);

CREATE TABLE task_scores (
    -- What each scorer said of a task.
    run_id   VARCHAR NOT NULL,
    position INTEGER NOT NULL,              -- place in the run, as in `tasks`
    scorer   VARCHAR NOT NULL,
    value    DOUBLE,                        -- on the scorer's own scale
    passed   BOOLEAN,
    reason   VARCHAR                        -- in the scorer's words; a long one is in `long_texts`,
                                            -- its first piece here
);

CREATE TABLE feedback (
    -- What users said of answers, possibly much later; joined to tasks by request or task.
    feedback_id   VARCHAR NOT NULL,         -- unique; the event's own id, else a hash of its content
    happened_at   TIMESTAMP,
    kind          VARCHAR NOT NULL,         -- rating, thumb, retry, reward, metric or other
    value         DOUBLE,                   -- 0 (worst) to 1 (best)
    request_id    VARCHAR,                  -- of its request or trace
    run_id        VARCHAR,
    task_id       VARCHAR,
    case_id       VARCHAR,
    workflow_id   VARCHAR,
    comment       VARCHAR,                  -- or an excerpt or hash of it; see store.payloads
    event         VARCHAR,                  -- JSON of the event as it came, likewise
    said_sha256   VARCHAR NOT NULL,         -- of event and value; tells what was corrected since
    source_sha256 VARCHAR NOT NULL,         -- the file it came from
    row_key       VARCHAR NOT NULL,         -- where in that file
    ingested_at   TIMESTAMP NOT NULL
);
