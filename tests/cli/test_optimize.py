from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROMPT = "Say how the writer feels.\n\nReview: {review}\nMood:\n"
BETTER = "Answer with one word, good or bad.\n\nReview: {review}\nMood:\n"
TESTS = """
import hashlib, json, sys

prompt_file, cases_file, out = sys.argv[1:4]
content = open(prompt_file, "rb").read()
prompt = content.decode()
tasks = []
for case in json.load(open(cases_file)):
    told = prompt.replace("{review}", case["review"])
    passed = "one word" in prompt or "Mood: " in prompt
    tasks.append({
        "task_id": case["case_id"],
        "task_status": "succeeded" if passed else "failed",
        "error_message": None if passed else "found no label in the answer",
        "test_result": {"outputs": hashlib.sha256(told.encode()).hexdigest(), "cost": 0.01},
    })
run = {"task_results": tasks, "metadata": {"prompt_sha256": hashlib.sha256(content).hexdigest()}}
json.dump(run, open(out, "w"))
with open("calls.txt", "a") as calls:
    calls.write(f"{len(tasks)}\\n")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "triage.txt").write_text(PROMPT)
    (tmp_path / "better.txt").write_text(BETTER)
    (tmp_path / "run_tests.py").write_text(TESTS)
    cases = [
        {"case_id": f"c{i}", "review": f"Review {i}.", "expected": ("bad", "good")[i % 2]}
        for i in range(24)
    ]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    return tmp_path


def executor(more: str = "") -> str:
    return f"{sys.executable} run_tests.py {{prompt_file}} {{cases_file}} {{out}}{more}"


ASKED = ("optimize", "triage.txt", "--cases", "cases.jsonl", "--workflow", "mood")
RUN = (*ASKED, "--executor", executor(), "--budget", "100")
Optimizer = Callable[..., Any]


@pytest.fixture
def finished(optimizer: Optimizer, project: Path, once: Callable[..., Any]) -> Any:
    """What an optimization said that has come to its end."""

    def finish() -> str:
        done = optimizer(*RUN, "--json")
        assert done.code == 0, done.err
        return str(done.out)

    return json.loads(once(project, finish))


def n_tests(project: Path) -> int:
    calls = project / "calls.txt"
    return sum(map(int, calls.read_text().split())) if calls.exists() else 0


def test_a_better_prompt_is_found_and_confirmed_on_cases_that_the_search_never_saw(
    finished: Any, project: Path
) -> None:
    found = finished["held_out"]["confirmation"]
    assert (found["verdict"], found["n"]) == ("improved", 7)
    assert (found["n_control_passed"], found["n_champion_passed"]) == (0, 7)
    held_out = {case["case_id"] for case in finished["split"]["holdout"]}
    (version,) = finished["versions"]
    assert (version["version"], version["state"]) == ("2.0.0", "confirmed")
    assert not held_out & set(version["lineage"]["source_case_ids"])
    assert finished["n_spent"] == n_tests(project) <= 100
    assert (project / "triage.txt").read_text() == PROMPT


def test_promoting_writes_the_file_and_rolling_back_restores_it(
    optimizer: Optimizer, project: Path, finished: Any
) -> None:
    assert optimizer("prompts", "promote", "2.0.0", "--by", "ann").code == 0
    assert (project / "triage.txt").read_text() != PROMPT
    assert optimizer("prompts", "rollback", "triage.txt", "1.0.0", "--by", "ann").code == 0
    assert (project / "triage.txt").read_text() == PROMPT


def test_with_promote_the_confirmed_prompt_is_in_the_file_at_once(
    optimizer: Optimizer, project: Path, finished: Any
) -> None:
    done = optimizer(*RUN, "--promote", "--json")
    assert done.json["promoted"] is True
    assert (project / "triage.txt").read_text() == done.json["versions"][0]["text"]


def test_asking_again_runs_no_test_and_says_the_same(
    optimizer: Optimizer, project: Path, finished: Any
) -> None:
    n = n_tests(project)
    again = optimizer(*RUN, "--json").json
    assert n_tests(project) == n
    assert again["versions"] == finished["versions"]
    assert again["held_out"] == finished["held_out"]
    assert "known before" in again["stopped"]


def test_a_prompt_of_the_users_own_is_tested_as_well(optimizer: Optimizer, project: Path) -> None:
    done = optimizer(*RUN, "--candidate", "better.txt", "--json")
    assert done.json["searched"]["candidates"][0]["draft"]["proposer"] == "user"
    assert done.json["versions"][0]["text"] == BETTER


def test_a_plan_runs_nothing_and_stores_nothing(optimizer: Optimizer, project: Path) -> None:
    done = optimizer(*RUN, "--plan", "--json")
    assert done.code == 0
    assert dict(done.json["plan"])["confirmation"] == 14
    assert n_tests(project) == 0
    assert not (project / ".optimizer").exists()


def test_without_an_executor_there_are_drafts_that_cannot_be_promoted(
    optimizer: Optimizer, project: Path
) -> None:
    (project / "triage.txt").write_text("In order to answer, basically say the mood of {review}.\n")
    done = optimizer("optimize", "triage.txt", "--strategy", "efficiency_focus", "--json")
    assert done.code == 0, done.err
    (version,) = done.json["versions"]
    assert version["state"] == "draft"
    refused = optimizer("prompts", "promote", version["version"], "--by", "ann")
    assert refused.code == 2
    assert "unverified draft" in refused.err


def test_too_few_cases_are_said_and_give_drafts_only(optimizer: Optimizer, project: Path) -> None:
    lines = (project / "cases.jsonl").read_text().splitlines(keepends=True)
    (project / "cases.jsonl").write_text("".join(lines[:12]))
    done = optimizer(*RUN)
    assert done.code == 0, done.err
    assert "12 of 20 cases" in done.out
    assert n_tests(project) == 0


def test_tests_that_others_run_are_asked_for_until_the_end(
    optimizer: Optimizer, project: Path
) -> None:
    few_steps = ("--set", "search.block=20", "--json")
    asked = (*ASKED, "--candidate", "better.txt", "--budget", "100")
    done = optimizer(*asked, "--propose", "wanted", *few_steps)
    for _ in range(20):
        if done.json["wanted"] is None:
            break
        wanted = done.json["wanted"]
        files = [f"wanted/{wanted[name]}" for name in ("prompt_file", "cases_file", "results_file")]
        run_by_hand(project, *files)
        done = optimizer("optimize", "--continue", "wanted", *few_steps)
        assert done.code == 0, done.err
    assert done.json["held_out"]["confirmation"]["verdict"] == "improved"
    assert done.json["n_spent"] <= 100


def test_results_of_another_prompt_are_refused(optimizer: Optimizer, project: Path) -> None:
    wanted = optimizer(*ASKED, "--propose", "wanted", "--json").json["wanted"]
    run_by_hand(
        project, "better.txt", f"wanted/{wanted['cases_file']}", f"wanted/{wanted['results_file']}"
    )
    refused = optimizer("optimize", "--continue", "wanted")
    assert refused.code == 2
    assert "did not run the candidate prompt" in refused.err


def test_an_interrupted_optimization_pays_for_nothing_twice(
    optimizer: Optimizer, project: Path
) -> None:
    script = TESTS.replace(
        "tasks = []",
        "tasks = []\nimport os\nif os.path.exists('calls.txt') and "
        "sum(map(int, open('calls.txt').read().split())) > 30 and not os.path.exists('go'):\n"
        "    sys.exit('the service is down')",
    )
    (project / "run_tests.py").write_text(script)
    broken = optimizer(*RUN)
    assert broken.code == 2
    assert "the service is down" in broken.err
    paid = n_tests(project)
    (project / "go").touch()
    resumed = optimizer(*RUN, "--resume", "--json").json
    assert resumed["n_spent"] == n_tests(project)
    assert resumed["n_executed"] == n_tests(project) - paid
    assert resumed["held_out"]["confirmation"]["verdict"] == "improved"


def test_there_must_be_something_to_resume(optimizer: Optimizer, project: Path) -> None:
    refused = optimizer(*RUN, "--resume")
    assert refused.code == 2
    assert "was cut short" in refused.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "missing argument"),
        (("triage.txt", "--executor", "x"), "needs --cases"),
        (("triage.txt", "--propose", "d"), "needs --cases"),
        (("nothing.txt",), "nothing.txt"),
        (("triage.txt", "--budget", "0"), "--budget: 0, must be greater"),
        (("triage.txt", "--replay"), "cassette"),
    ],
)
def test_options_that_make_no_sense_are_said(
    optimizer: Optimizer, project: Path, options: tuple[str, ...], said: str
) -> None:
    done = optimizer("optimize", *options)
    assert done.code == 2
    assert said in done.err


def run_by_hand(project: Path, prompt: str, cases: str, out: str) -> None:
    with contextlib.chdir(project):
        subprocess.run([sys.executable, "run_tests.py", prompt, cases, out], check=True)


def test_a_prompt_that_is_not_the_one_that_was_wanted_for_is_said(
    optimizer: Optimizer, project: Path
) -> None:
    wanted = optimizer(*ASKED, "--propose", "wanted", "--json").json["wanted"]
    missing = optimizer("optimize", "--continue", "wanted")
    assert (missing.code, missing.err.count("no file, expected the results of 17 tests")) == (2, 1)
    files = [f"wanted/{wanted[name]}" for name in ("prompt_file", "cases_file", "results_file")]
    run_by_hand(project, *files)
    (project / "triage.txt").write_text(BETTER)
    refused = optimizer("optimize", "--continue", "wanted")
    assert refused.code == 2
    assert "of another prompt, other cases or other settings" in refused.err


@pytest.mark.parametrize("options", [{"strategy": "magic"}, {"budget": "much"}, {}])
def test_a_manifest_that_was_edited_is_said(
    optimizer: Optimizer, project: Path, options: dict[str, object]
) -> None:
    optimizer(*ASKED, "--propose", "wanted")
    path = project / "wanted" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["options"] = {**manifest["options"], **options} if options else {}
    path.write_text(json.dumps(manifest))
    refused = optimizer("optimize", "--continue", "wanted")
    assert refused.code == 2
    assert "manifest.json: options: " in refused.err


def test_tests_that_hang_are_ended_in_the_time_they_are_given(
    optimizer: Optimizer, project: Path
) -> None:
    (project / "run_tests.py").write_text("import time; time.sleep(600)")
    ended = optimizer(*RUN, "--timeout", "0.5")
    assert ended.code == 2
    assert "expected results within 0.5 s" in ended.err


NOWHERE = ("--llm-base-url", "http://127.0.0.1:9/v1", "--set", "llm.retries=0")


def test_a_model_that_is_away_leaves_the_optimization_open(
    optimizer: Optimizer, project: Path
) -> None:
    script = TESTS.replace('or "Mood: " in prompt', "")
    (project / "run_tests.py").write_text(script)
    asked = (*RUN, "--strategy", "llm_guided", *NOWHERE)
    assert "name of a model" in optimizer(*asked).err
    first = optimizer(*asked, "--llm-model", "m", "--json")
    assert first.code == 2
    assert first.json["status"] == "stopped"
    assert "Connection refused" in first.json["stopped"]
    n = n_tests(project)
    again = optimizer(*asked, "--llm-model", "m", "--resume")
    assert again.code == 2
    assert "no better prompt" in again.out
    assert n_tests(project) == n


def test_other_settings_of_the_model_are_another_optimization(
    optimizer: Optimizer, project: Path
) -> None:
    asked = (*RUN, *NOWHERE, "--llm-model", "m", "--json")
    first = optimizer(*asked).json["optimization_id"]
    warmer = optimizer(*asked, "--set", "llm.temperature=0.5").json["optimization_id"]
    completed = optimizer(*asked, "--set", "llm.mode=completion").json["optimization_id"]
    assert len({first, warmer, completed}) == 3


def test_tests_that_give_something_else_each_time_come_with_a_warning(
    optimizer: Optimizer, project: Path
) -> None:
    each_time_another = '__import__("os").urandom(8).hex(), "c"'
    script = TESTS.replace('hashlib.sha256(told.encode()).hexdigest(), "cost"', each_time_another)
    (project / "run_tests.py").write_text(script)
    warnings = optimizer(*RUN, "--json").json["warnings"]
    assert any("whether the tests use the prompt is not known" in one for one in warnings)


def test_a_draft_of_the_users_own_that_loses_a_variable_is_turned_down(
    optimizer: Optimizer, project: Path
) -> None:
    (project / "novar.txt").write_text("Say how the writer feels in one word.\n")
    done = optimizer("optimize", "triage.txt", "--candidate", "novar.txt", "--json")
    assert done.code == 0, done.err
    assert done.json["versions"] == []
    assert done.json["warnings"] == ["a draft of user was turned down: the draft loses '{review}'"]


def test_the_prompt_that_a_file_with_more_holds_is_run_as_plain_text(
    optimizer: Optimizer, project: Path
) -> None:
    messages = {"messages": [{"role": "user", "content": PROMPT}]}
    (project / "chat.json").write_text(json.dumps(messages))
    asked = ("--cases", "cases.jsonl", "--propose", "wanted", "--json")
    done = optimizer("optimize", "chat.json", *asked)
    assert done.code == 0, done.err
    assert done.json["wanted"]["prompt_file"] == "prompt-001.txt"


def test_tests_that_pass_every_other_time_come_with_a_warning(
    optimizer: Optimizer, project: Path
) -> None:
    again = '(int(case["case_id"][1:]) + int(__import__("os").environ["OPTIMIZER_REPLICATE"])) % 2'
    unsteady = TESTS.replace('"one word" in prompt or "Mood: " in prompt', again)
    (project / "run_tests.py").write_text(unsteady)
    warnings = optimizer(*RUN, "--json").json["warnings"]
    assert any("the tests are noisy: " in one for one in warnings)
