"""Mappings for tables that well-known tools export.

The columns were read in the sources of the tools:

* ragas: `EvaluationResult.to_pandas` puts the fields of `SingleTurnSample` beside one column for
  each metric (ragas 0.2 and newer); ragas 0.1 called the fields otherwise.
* LangSmith: `ExperimentResults.to_pandas` of the Python SDK (`_flatten_experiment_results`).
* Braintrust: `ExperimentEvent` of its API, one object to an event; only root spans are tasks.
* MLflow: `EvalResult.to_pd_series` of `mlflow.genai.evaluate` (MLflow 3), one column
  `SCORER/value` for each scorer. `eval_results_table.json` of `mlflow.evaluate` (MLflow 2) has
  `METRIC/VERSION/score`.
"""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.ingest import TableSettings

KNOWN: Mapping[str, TableSettings] = {
    "ragas": TableSettings(
        map={
            "input": "user_input",
            "expected": "reference",
            "output": "response",
            "metadata.retrieved_contexts": "retrieved_contexts",
            "metadata.reference_contexts": "reference_contexts",
            "metadata.rubrics": "rubrics",
            "score.*": "*",
        },
        columns=("user_input", "response"),
    ),
    "ragas-0.1": TableSettings(
        map={
            "input": "question",
            "expected": "ground_truth",
            "output": "answer",
            "metadata.contexts": "contexts",
            "score.*": "*",
        },
        columns=("question", "answer", "contexts"),
    ),
    "langsmith": TableSettings(
        map={
            "case_id": "example_id",
            "input.*": "inputs.*",
            "expected.*": "reference.*",
            "output.*": "outputs.*",
            "error": "error",
            "latency_s": "execution_time",
            "score.*": "feedback.*",
            "request_id": "id",
        },
        columns=("example_id", "execution_time", "inputs.*"),
    ),
    "braintrust": TableSettings(
        map={
            "only": "is_root",
            "run_id": "experiment_id",
            "variant": "experiment_id",
            "input": "input",
            "expected": "expected",
            "output": "output",
            "error": "error",
            "score.*": "scores.*",
            "tokens_in": "metrics.prompt_tokens",
            "tokens_out": "metrics.completion_tokens",
            "tokens": "metrics.tokens",
            "started_at": "metrics.start",
            "finished_at": "metrics.end",
            "request_id": "root_span_id",
        },
        columns=("input", "output", "scores", "metrics", "root_span_id"),
    ),
    "mlflow": TableSettings(
        map={
            "input": "inputs",
            "expected": "expectations",
            "output": "outputs",
            "error": "error_message",
            "score.*": "*/value",
            "request_id": "request_id",
        },
        columns=("inputs", "outputs", "*/value"),
    ),
    "mlflow-2": TableSettings(
        map={
            "input": "inputs",
            "expected": "ground_truth",
            "output": "outputs",
            "latency_s": "latency",
            "score.*": "*/score",
        },
        columns=("inputs", "outputs", "*/score"),
    ),
}
"""By the name that `--table` knows them by."""
