"""Write the native run as Langfuse would hand it out: by its API and by its blob export.

No Langfuse ran here. The fields are those of the API's experiment items (`GET
/api/public/v1/experiment-items`) and of the documented blob export (`observations_v2/`,
`scores/`); their content is the native run's.

    python write_langfuse.py

Needs only the standard library.
"""

import hashlib
import json
import uuid
from datetime import datetime
from pathlib import Path

from suite import DATASET, HERE, MODEL, PARAMETERS, VARIANTS, WORKFLOW, Json

RESULTS = HERE.parent / "langfuse"
SCORE = "first_label"
ENVIRONMENT = "sdk-experiment"
PROJECT = "sample-project"


def main() -> None:
    """Write the experiment items of all three variants, and the two export files."""
    RESULTS.mkdir(exist_ok=True)
    runs = [read_run(name) for name in VARIANTS]
    pairs = [(run, task) for run in runs for task in run["task_results"]]
    items = {"data": [experiment_item(run, task) for run, task in pairs], "meta": {}}
    text = json.dumps(items, indent=1, ensure_ascii=False)
    (RESULTS / "experiment-items.json").write_text(text + "\n", "utf-8")
    write_lines(RESULTS / "observations.jsonl", [observation(run, task) for run, task in pairs])
    write_lines(RESULTS / "scores.jsonl", [exported_score(run, task) for run, task in pairs])


def read_run(variant: str) -> Json:
    """Read one native run."""
    text = (HERE.parent / "native" / f"{WORKFLOW}-{variant}.json").read_text("utf-8")
    run: Json = json.loads(text)
    return run


def write_lines(path: Path, rows: list[Json]) -> None:
    """Write one JSON object a line."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def experiment_item(run: Json, task: Json) -> Json:
    """Return one task as an experiment item of the API, with its score."""
    result = task["test_result"]
    return {
        "id": digest(run, task, "observation")[:16],
        "traceId": digest(run, task, "trace")[:32],
        "startTime": api_time(task["created_at"]),
        "endTime": api_time(task["finished_at"]),
        "level": "DEFAULT",
        "environment": ENVIRONMENT,
        "experimentId": digest(run, None, "experiment")[:32],
        "experimentName": run["run_id"],
        "experimentItemId": task["metadata"]["case_id"],
        "experimentDatasetId": DATASET,
        "experimentItemVersion": None,
        "input": result["inputs"]["review"],
        "output": result["outputs"]["text"],
        "expectedOutput": result["inputs"]["expected"],
        "metadata": {"tokens_in": task["metadata"]["tokens_in"]},
        "experimentItemMetadata": {"scenario": task["scenario"]},
        "experimentMetadata": {
            "model": MODEL,
            "prompt_variant": run["metadata"]["prompt_variant"],
            "prompt": run["metadata"]["prompt"],
            "parameters": PARAMETERS,
        },
        "experimentDescription": None,
        "scores": [
            {
                "id": score_id(run, task),
                "projectId": PROJECT,
                "name": SCORE,
                "source": "API",
                "timestamp": api_time(task["finished_at"]),
                "environment": ENVIRONMENT,
                "createdAt": api_time(task["finished_at"]),
                "updatedAt": api_time(task["finished_at"]),
                "comment": result["error_message"],
                "dataType": "BOOLEAN",
                "value": result["status"] == "success",
            }
        ],
    }


def observation(run: Json, task: Json) -> Json:
    """Return one task as a row of the enriched observations export."""
    result, tokens = task["test_result"], task["metadata"]
    prompt = run["metadata"]["prompt"].replace("{review}", result["inputs"]["review"])
    return {
        "id": digest(run, task, "observation")[:16],
        "trace_id": digest(run, task, "trace")[:32],
        "project_id": PROJECT,
        "environment": ENVIRONMENT,
        "type": "GENERATION",
        "parent_observation_id": "",
        "start_time": export_time(task["created_at"]),
        "end_time": export_time(task["finished_at"]),
        "name": run["run_id"],
        "metadata": {"dataset_item_id": tokens["case_id"], "scenario": task["scenario"]},
        "level": "DEFAULT",
        "status_message": "",
        "version": "",
        "input": prompt,
        "output": result["outputs"]["text"],
        "provided_model_name": MODEL,
        "model_parameters": json.dumps(PARAMETERS),
        "usage_details": {
            "input": tokens["tokens_in"],
            "output": tokens["tokens_out"],
            "total": result["tokens_used"],
        },
        "cost_details": {},
        "completion_start_time": None,
        "prompt_name": run["metadata"]["prompt_variant"],
        "prompt_version": 1,
        "total_cost": 0,
        "latency": task["execution_time"],
        "time_to_first_token": None,
        "model_id": "",
        "created_at": export_time(task["finished_at"]),
        "updated_at": export_time(task["finished_at"]),
        "user_id": "",
        "session_id": "",
        "trace_name": run["run_id"],
        "tags": [task["scenario"]],
        "release": "",
        "bookmarked": False,
        "public": False,
    }


def exported_score(run: Json, task: Json) -> Json:
    """Return the score of one task as a row of the scores export."""
    result = task["test_result"]
    return {
        "id": score_id(run, task),
        "timestamp": export_time(task["finished_at"]),
        "project_id": PROJECT,
        "environment": ENVIRONMENT,
        "trace_id": digest(run, task, "trace")[:32],
        "observation_id": digest(run, task, "observation")[:16],
        "session_id": None,
        "dataset_run_id": digest(run, None, "experiment")[:32],
        "name": SCORE,
        "value": int(result["status"] == "success"),
        "source": "API",
        "comment": result["error_message"],
        "data_type": "BOOLEAN",
        "string_value": None,
        "created_at": export_time(task["finished_at"]),
        "updated_at": export_time(task["finished_at"]),
    }


def digest(run: Json, task: Json | None, kind: str) -> str:
    """Return hexadecimal digits that stand for one thing of one run, the same each time."""
    name = f"{run['run_id']}/{task['task_id'] if task else ''}/{kind}"
    return hashlib.sha256(name.encode()).hexdigest()


def score_id(run: Json, task: Json) -> str:
    """Return the identifier of a task's score."""
    return str(uuid.UUID(digest(run, task, "score")[:32]))


def api_time(text: str) -> str:
    """Write a time as the API does: milliseconds, UTC."""
    moment = datetime.fromisoformat(text)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def export_time(text: str) -> str:
    """Write a time as the blob export does: UTC, without a zone."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S.%f")


if __name__ == "__main__":
    main()
