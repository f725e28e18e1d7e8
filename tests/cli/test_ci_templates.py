from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
JOB = TEMPLATE[".optimizer-gate"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
TOKEN = "glpat-0123456789secret"


@pytest.fixture
def pipeline(
    program: str, tmp_path: Path, forge: Any, run_file: Callable[..., Path]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the job of the template as GitLab does, for a merge request or on main."""
    forge.kind, forge.whose = "gitlab", {TOKEN: "robot"}

    def run(marks: str, *, merge_request: bool, **said: str) -> subprocess.CompletedProcess[str]:
        for left in tmp_path.glob("gate.*"):
            left.unlink()
        run_file("results.json", marks, run_id=f"r-{len(marks)}-{marks.count('+')}")
        job = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{forge.url}/api/v4",
            "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_ID": "7",
            "CI_COMMIT_SHA": "a" * 40,
            "CI_JOB_NAME": "gate",
            "GITLAB_TOKEN": TOKEN,
            **(
                {"CI_MERGE_REQUEST_IID": "12", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "x"}
                if merge_request
                else {"CI_COMMIT_BRANCH": "main"}
            ),
        }
        rule = JOB["rules"][0 if merge_request else 1]
        variables = JOB["variables"] | rule.get("variables", {}) | {"GATE_INSTALL": "none"} | said
        given = {k: re.sub(r"\$(\w+)", lambda f: job[f[1]], v) for k, v in variables.items()}
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(JOB["script"])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": program, "PYTHONPATH": str(ROOT), **job, **given},
        )
        assert TOKEN not in done.stdout + done.stderr
        return done

    return run


def test_a_merge_request_is_held_against_what_main_has_stored(
    pipeline: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, forge: Any
) -> None:
    assert pipeline("+" * 40, merge_request=False).returncode == 0
    assert forge.asked == []
    stored = (tmp_path / ".optimizer" / "history.duckdb").read_bytes()
    worse = pipeline("+" * 20 + "-" * 20, merge_request=True)
    assert worse.returncode == 1
    assert forge.bodies[0].startswith("<!-- optimizer:gate -->\n**FAILED")
    unsure = pipeline(
        "+" * 39 + "-", merge_request=True, GATE_MODE="prove", GATE_GUARDRAILS="success:5pp"
    )
    assert unsure.returncode == JOB["allow_failure"]["exit_codes"]
    assert len(forge.bodies) == 1
    assert "**INCONCLUSIVE" in forge.bodies[0]
    assert (tmp_path / ".optimizer" / "history.duckdb").read_bytes() == stored
    artifacts = JOB["artifacts"]
    for name in (*artifacts["paths"], artifacts["reports"]["junit"]):
        assert (tmp_path / name).stat().st_size > 0


def test_a_merge_request_whose_token_may_not_write_still_gets_its_answer(
    pipeline: Callable[..., subprocess.CompletedProcess[str]], forge: Any
) -> None:
    missing = pipeline("+" * 40, merge_request=True, GITLAB_TOKEN="")
    assert (missing.returncode, forge.bodies) == (0, [])
    assert "no comment was written: GITLAB_TOKEN is not set" in missing.stderr


def test_results_that_cannot_be_read_leave_a_note_and_are_not_stored(
    pipeline: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, forge: Any
) -> None:
    for merge_request in (True, False):
        broken = pipeline("+", merge_request=merge_request, GATE_RESULTS="nowhere.json")
        assert broken.returncode == 2
    assert "could not be judged" in forge.bodies[0]
    assert not (tmp_path / ".optimizer").exists()


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "ci/gitlab.yml")],
)
def test_a_file_is_as_the_service_expects_it(schema: str, file: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "ci").glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_a_script_of_any_shell(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", str(path)], check=True)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_good_prompts_and_stops_bad_ones(
    hook: dict[str, Any], optimizer: Callable[..., Any], tmp_path: Path
) -> None:
    assert set(hook) >= {"id", "name", "entry", "language"}
    program, *words = hook["entry"].split()
    assert program == "optimizer"
    (tmp_path / "prompts").mkdir()
    good, bad = tmp_path / "prompts" / "good.txt", tmp_path / "prompts" / "bad.txt"
    good.write_text("Answer the question: <question>{{ question }}</question>\n")
    bad.write_text("Answer the question: {{ question\n")
    assert optimizer(*words, "prompts/good.txt").code == 0
    assert optimizer(*words, "prompts/good.txt", "prompts/bad.txt").code == 1


@pytest.mark.parametrize(
    ("path", "is_prompt"),
    [
        ("prompts/support.txt", True),
        ("src/prompt/a.md", True),
        ("lib/answer.prompty", True),
        ("a.j2", True),
        ("README.md", False),
        ("src/promptless.py", False),
    ],
)
def test_the_hooks_look_at_prompts_only(path: str, is_prompt: bool) -> None:
    for hook in HOOKS:
        assert bool(re.search(hook["files"], path)) is is_prompt
