"""Run the suite through OpenAI evals (`oaieval`) and keep one log per prompt and repeat.

    python run_openai_evals.py

Needs `serve.py` running, and what `requirements-openai-evals.txt` names. The tool knows no
repeats, so the eval is run twice.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scrub import scrub_files
from suite import HERE, REPEATS, VARIANTS, WORKFLOW, read_cases

RESULTS = HERE.parent / "openai_evals"
SESSION = "openai-evals"
ENVIRONMENT = {
    "OPENAI_API_KEY": "none",
    "EVALS_THREADS": "1",
    "EVALS_SEQUENTIAL": "1",
    "PYTHONPATH": str(HERE),
}


def main() -> None:
    """Run the eval under each of the three prompts, twice."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_registry(Path(folder))
        for repeat in REPEATS:
            for variant in VARIANTS:
                run(variant, Path(folder), RESULTS / f"{WORKFLOW}-{variant}-{repeat + 1}.jsonl")


def run(variant: str, registry: Path, target: Path) -> None:
    """Run the eval once and keep its log, scrubbed."""
    command = [str(Path(sys.executable).parent / "oaieval")]
    command += [f"{WORKFLOW}/{variant}", f"{WORKFLOW}.test.v0", "--user", "suite"]
    command += ["--registry_path", str(registry), "--record_path", str(target)]
    subprocess.run(command, env=os.environ | ENVIRONMENT, check=True)
    scrub_files(target)


def write_registry(folder: Path) -> None:
    """Write the eval, its samples and the three completion functions."""
    evals = {
        WORKFLOW: {"id": f"{WORKFLOW}.test.v0", "metrics": ["accuracy"]},
        f"{WORKFLOW}.test.v0": {
            "class": "openai_evals_parts:FirstLabel",
            "args": {"samples_jsonl": f"{WORKFLOW}/samples.jsonl"},
        },
    }
    functions = {
        f"{WORKFLOW}/{variant}": {
            "class": "openai_evals_parts:Completions",
            "args": {"prompt_variant": variant, "session": SESSION},
        }
        for variant in VARIANTS
    }
    samples = [{"input": case["text"], "ideal": case["expected"]} for case in read_cases()]
    write(folder / "evals" / f"{WORKFLOW}.yaml", json.dumps(evals))
    write(folder / "completion_fns" / f"{WORKFLOW}.yaml", json.dumps(functions))
    lines = "".join(f"{json.dumps(sample)}\n" for sample in samples)
    write(folder / "data" / WORKFLOW / "samples.jsonl", lines)


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
