"""Run the suite through the promptfoo command line and keep every kind of file it writes.

    PROMPTFOO=node_modules/.bin/promptfoo python run_promptfoo.py

Needs `serve.py` running, Node 22.22 or newer and `npm install promptfoo@0.123.1`; else only the
standard library.
"""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from client import SERVER
from scrub import scrub_files, zip_file
from suite import HERE, MODEL, PARAMETERS, REPEATS, WORKFLOW, Json, read_cases, read_prompts

RESULTS = HERE.parent / "promptfoo"
PROMPTFOO = shlex.split(os.environ.get("PROMPTFOO", "npx promptfoo@0.123.1"))
ENDINGS = ("json", "jsonl", "yaml", "csv", "junit.xml")
DONE = (0, 100)  # 100: done, and some tests failed
OFFLINE = {
    "OPENAI_API_KEY": "none",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
    "PROMPTFOO_DISABLE_SHARING": "1",
}
GRADER = HERE / "promptfoo_grader.cjs"
LARGE_BYTES = 1_000_000


def main() -> None:
    """Run the suite once and write `out` in every format."""
    evaluate(suite_config(), "out", ENDINGS, ("--repeat", str(len(REPEATS))))


def suite_config() -> Json:
    """Return the configuration of the suite: three prompts, one model, sixty tests."""
    return {
        "description": WORKFLOW,
        "prompts": [
            {"label": name, "raw": template.replace("{review}", "{{review}}")}
            for name, template in read_prompts().items()
        ],
        "providers": [
            {
                "id": f"openai:completion:{MODEL}",
                "config": {"apiBaseUrl": f"{SERVER}/promptfoo/v1", **PARAMETERS},
            }
        ],
        "defaultTest": {"assert": [{"type": "javascript", "value": f"file://{GRADER}"}]},
        "tests": [
            {
                "description": case["case_id"],
                "vars": {"review": case["text"], "expected": case["expected"]},
                "metadata": {"testCaseId": case["case_id"], "scenario": case["scenario"]},
            }
            for case in read_cases()
        ],
    }


def evaluate(
    config: Json,
    name: str,
    endings: tuple[str, ...],
    options: tuple[str, ...] = (),
    *,
    cached: bool = False,
) -> None:
    """Run `promptfoo eval` in a folder of its own and keep what it writes, scrubbed.

    With `cached`, it runs twice with promptfoo's cache on, and the second run is kept.

    Raises:
        subprocess.CalledProcessError: promptfoo could not run.
    """
    RESULTS.mkdir(exist_ok=True)
    outputs = [RESULTS / f"{name}.{ending}" for ending in endings]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), "utf-8")
        command = [*PROMPTFOO, "eval", "-c", str(path), "--no-share", "-j", "1"]
        command += ["--no-progress-bar", "--no-table", *options]
        command += [] if cached else ["--no-cache"]
        for output in outputs:
            command += ["-o", str(output)]
        for _ in range(2 if cached else 1):
            done = subprocess.run(
                command, env=os.environ | OFFLINE | {"PROMPTFOO_CONFIG_DIR": folder}, check=False
            )
            if done.returncode not in DONE:
                raise subprocess.CalledProcessError(done.returncode, command)
    scrub_files(*outputs)
    for output in outputs:
        if output.stat().st_size > LARGE_BYTES:
            zip_file(output)


if __name__ == "__main__":
    main()
