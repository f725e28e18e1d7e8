"""Run the suite through the lm-evaluation-harness and keep its results and samples.

    python run_lm_eval.py

Needs `serve.py` running, and what `requirements-lm-eval.txt` names.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from client import SERVER
from scrub import scrub_files
from suite import HERE, MODEL, PARAMETERS, REPEATS, VARIANTS, WORKFLOW, read_prompts

RESULTS = HERE.parent / "lm_eval"
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "none"}


def main() -> None:
    """Run the three variants as three tasks of one call."""
    with tempfile.TemporaryDirectory() as folder:
        tasks, output = Path(folder) / "tasks", Path(folder) / "output"
        write_tasks(tasks)
        model = f"model={MODEL},base_url={SERVER}/lm-eval/v1/completions,tokenizer_backend=None"
        command = [str(Path(sys.executable).parent / "lm_eval"), "run"]
        command += ["--model", "local-completions", "--batch_size", "1"]
        command += ["--model_args", f"{model},tokenized_requests=False,num_concurrent=1"]
        command += ["--tasks", ",".join(f"{WORKFLOW}_{name}" for name in VARIANTS)]
        command += ["--include_path", str(tasks), "--output_path", str(output), "--log_samples"]
        places = {"HF_HOME": folder, "PYTHONPATH": str(HERE)}
        subprocess.run(command, env=os.environ | OFFLINE | places, check=True)
        shutil.rmtree(RESULTS, ignore_errors=True)
        shutil.copytree(output, RESULTS)
    scrub_files(*RESULTS.rglob("*.json*"))


def write_tasks(folder: Path) -> None:
    """Write one task file per variant, and beside them the grader and the cases."""
    folder.mkdir()
    shutil.copy(HERE / "lm_eval_grading.py", folder)
    cases = shutil.copy(HERE / "cases.jsonl", folder)
    for variant, template in read_prompts().items():
        config = {
            "task": f"{WORKFLOW}_{variant}",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(cases)}},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": template.replace("{review}", "{{text}}"),
            "doc_to_target": "{{expected}}",
            "repeats": len(REPEATS),
            "generation_kwargs": {
                "until": [],
                "do_sample": True,
                "temperature": PARAMETERS["temperature"],
                "max_gen_toks": PARAMETERS["max_tokens"],
            },
            "filter_list": [
                {"name": "first", "filter": [{"function": "take_first"}]},
                {"name": "both", "filter": [{"function": "take_first_k", "k": len(REPEATS)}]},
            ],
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
            "metadata": {"version": 1.0},
        }
        lines = [f"{key}: {json.dumps(value)}" for key, value in config.items()]
        lines.append("process_results: !function lm_eval_grading.process_results")
        (folder / f"{WORKFLOW}_{variant}.yaml").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
