-- Version 3: what other tools say of a task beyond the common fields, and feedback of users.

ALTER TABLE runs ALTER COLUMN duration_s DROP NOT NULL;

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
    reason   VARCHAR                        -- in the scorer's words
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
