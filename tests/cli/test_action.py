from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
NAME = re.compile(r"\b(inputs|github|steps|env)((?:\.[\w-]+)+)")
TOKEN = "ghs_0123456789secret"
MARKER = "<!-- optimizer:Prompt/gate -->"
OURS = {"full_name": "ada/prompts", "owner": {"login": "ada"}}
THEIRS = {"full_name": "eve/prompts", "owner": {"login": "eve"}}


@dataclass
class Ended:
    """What a job left behind."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    artifact: dict[str, list[str]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)


class Runner:
    """Runs the steps of the action as GitHub does, in one repository with one cache."""

    def __init__(self, folder: Path, api: str, path: str) -> None:
        self.folder = folder
        self.api = api
        self.cache: dict[str, bytes] = {}
        self.n_runs = 0
        self.path = path

    def job(self, event_name: str, event: dict[str, Any], ref: str, **said: str) -> Ended:
        self.n_runs += 1
        home = self.folder / f"run {self.n_runs}"
        (home / "temp").mkdir(parents=True)
        (home / "event.json").write_text(json.dumps(event))
        results = said.pop("results")
        if Path(results).exists():
            shutil.copy(results, home / "results.json")
        github = {
            "event": event | {"repository": {"default_branch": "main", **OURS}},
            "event_name": event_name,
            "token": TOKEN,
            "run_id": str(self.n_runs),
            "run_attempt": "1",
            "ref": ref,
        }
        known = {"github": github, "steps": {}, "inputs": {}}
        for name, one in ACTION["inputs"].items():
            default = filled(str(one.get("default", "")), known)
            known["inputs"][name] = {"results": "results.json", **said}.get(name, default)
        known["inputs"] |= {"install": "none", "python-version": ""}
        ended = Ended()
        summary = home / "summary.md"
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if not truth(step.get("if", "true"), known):
                continue
            ended.ran.append(step["name"])
            given = {k: filled(str(v), known) for k, v in step.get("with", {}).items()}
            if "uses" in step:
                self._use(step["uses"], given, home, ended)
                continue
            outputs = home / f"outputs {number}"
            outputs.touch()
            done = subprocess.run(
                [step["shell"], "-e", "-c", step["run"]],
                cwd=home,
                capture_output=True,
                text=True,
                check=False,
                env={
                    "PATH": self.path,
                    "PYTHONPATH": str(ROOT),
                    "CI": "true",
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_ACTION_PATH": str(ROOT),
                    "GITHUB_API_URL": self.api,
                    "GITHUB_REPOSITORY": "ada/prompts",
                    "GITHUB_WORKFLOW": "Prompt",
                    "GITHUB_JOB": "gate",
                    "GITHUB_SHA": "a" * 40,
                    "GITHUB_REF": ref,
                    "GITHUB_REF_TYPE": "branch",
                    "GITHUB_EVENT_NAME": event_name,
                    "GITHUB_EVENT_PATH": str(home / "event.json"),
                    "GITHUB_OUTPUT": str(outputs),
                    "GITHUB_STEP_SUMMARY": str(summary),
                    "GITHUB_PATH": str(home / "path"),
                    "RUNNER_TEMP": str(home / "temp"),
                    **{k: filled(str(v), known) for k, v in step.get("env", {}).items()},
                },
            )
            ended.log += done.stdout + done.stderr
            told = [line.partition("=") for line in outputs.read_text().splitlines()]
            known["steps"][step.get("id", number)] = {"outputs": {k: v for k, _, v in told}}
            if done.returncode:
                ended.code = done.returncode
                break
        ended.summary = summary.read_text() if summary.exists() else ""
        ended.outputs = {k: filled(v["value"], known) for k, v in ACTION["outputs"].items()}
        assert TOKEN not in ended.log + ended.summary
        return ended

    def _use(self, action: str, given: dict[str, str], home: Path, ended: Ended) -> None:
        name = action.partition("@")[0]
        path = home / given["path"]
        if name == "actions/cache/restore":
            found = [key for key in self.cache if key.startswith(given["restore-keys"])]
            if found:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.cache[found[-1]])
        elif name == "actions/cache/save":
            self.cache[given["key"]] = path.read_bytes()
        else:
            assert name == "actions/upload-artifact"
            files = sorted(one.name for one in path.parent.glob(path.name))
            ended.artifact[given["name"]] = files

    def push(self, results: Path, **said: str) -> Ended:
        return self.job("push", {}, "refs/heads/main", results=str(results), **said)

    def pull_request(
        self, results: Path, *, fork: bool = False, event: str = "pull_request", **said: str
    ) -> Ended:
        head = {"sha": "b" * 40, "ref": "main" if fork else "x", "repo": THEIRS if fork else OURS}
        told = {"pull_request": {"number": 12, "head": head, "base": {"repo": OURS}}}
        ref = "refs/heads/main" if event == "pull_request_target" else "refs/pull/12/merge"
        return self.job(event, told, ref, results=str(results), **said)


def value(expression: str, known: dict[str, Any]) -> Any:
    def looked_up(found: re.Match[str]) -> str:
        content: Any = known[found[1]]
        for part in found[2].strip(".").split("."):
            content = content.get(part, "") if isinstance(content, dict) else ""
        return repr(content)

    python = NAME.sub(looked_up, expression).replace("&&", " and ").replace("||", " or ")
    scope = {
        "__builtins__": {},
        "startsWith": str.startswith,
        "format": lambda text, *said: text.format(*said),
        "true": True,
    }
    return eval(python.strip(), scope)


def filled(text: str, known: dict[str, Any]) -> str:
    return EXPRESSION.sub(lambda found: str(value(found[1], known)), text)


def truth(condition: str, known: dict[str, Any]) -> bool:
    return bool(value(condition.strip().replace("\n", " "), known))


@pytest.fixture
def runner(tmp_path: Path, forge: Any, program: str) -> Runner:
    return Runner(tmp_path, forge.url, program)


@pytest.fixture
def results(run_file: Callable[..., Path]) -> Callable[..., Path]:
    n_written = iter(range(100))

    def write(marks: str, **changes: Any) -> Path:
        n = next(n_written)
        return run_file(f"results-{n}.json", marks, run_id=f"r{n}", **changes)

    return write


def test_the_life_of_a_prompt_from_the_first_run_to_a_second_push(
    runner: Runner, results: Callable[..., Path], forge: Any
) -> None:
    first = runner.push(results("+" * 40))
    assert (first.code, first.outputs["verdict"]) == (0, "passed")
    assert "There is no baseline yet" in first.summary
    assert list(runner.cache) == ["optimizer-history--1-1"]
    assert "Comment" not in first.ran

    worse = runner.pull_request(results("+" * 20 + "-" * 20))
    assert (worse.code, worse.outputs["verdict"]) == (1, "failed")
    assert worse.outputs["delta"] == "-0.5"
    assert worse.outputs["exit-code"] == "1"
    assert worse.artifact == {
        "gate": [f"gate.{kind}" for kind in ("html", "json", "junit.xml", "log", "md", "txt")]
    }
    assert Path(worse.outputs["report-path"]).read_text().startswith("<!DOCTYPE html>")
    assert "FAILED" in worse.summary
    assert "::error title=Prompt gate::FAILED: v1 (r1) against v1, success" in worse.log
    (body,) = forge.bodies
    assert body.startswith(f"{MARKER}\n**FAILED")

    forge.add(f"> {MARKER}\nWhy does it fail?")
    better = runner.pull_request(results("+" * 40))
    assert (better.code, better.outputs["verdict"]) == (0, "passed")
    assert "::notice title=Prompt gate::PASSED" in better.log
    assert forge.bodies[0].startswith(f"{MARKER}\n**PASSED")
    assert forge.bodies[1:] == [f"> {MARKER}\nWhy does it fail?"]
    assert list(runner.cache) == ["optimizer-history--1-1"]

    again = runner.push(results("+" * 40))
    assert (again.code, list(runner.cache)[1:]) == (0, ["optimizer-history--4-1"])
    assert "no baseline yet" not in again.summary


def test_what_cannot_be_told_is_inconclusive_unless_that_passes(
    runner: Runner, results: Callable[..., Path], forge: Any
) -> None:
    runner.push(results("+" * 40))
    prove = {"mode": "prove", "guardrails": " success:5pp "}
    unsure = runner.pull_request(results("+" * 39 + "-"), **prove)
    assert (unsure.code, unsure.outputs["verdict"]) == (3, "inconclusive")
    assert "::warning title=Prompt gate::INCONCLUSIVE" in unsure.log
    passed = runner.pull_request(results("+" * 39 + "-"), **prove, **{"on-inconclusive": "pass"})
    assert (passed.code, passed.outputs["verdict"]) == (0, "inconclusive")


def test_a_broken_file_is_reported_everywhere_and_kept_nowhere(
    runner: Runner, tmp_path: Path, forge: Any
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"run_id": "```\\n::error::x\\n<!-- 100%"')
    for ended in (runner.pull_request(broken), runner.push(broken)):
        assert (ended.code, ended.outputs["verdict"]) == (2, "invalid")
        assert ended.outputs["delta"] == ""
        assert "The gate could not be judged" in ended.summary
        assert "    error: results.json: " in ended.summary
        assert "::error title=Prompt gate::error: results.json: " in ended.log
    assert forge.bodies[0].startswith(f"{MARKER}\n**The gate could not be judged")
    assert runner.cache == {}


def test_a_file_that_is_not_there_is_said_as_well(runner: Runner, tmp_path: Path) -> None:
    ended = runner.pull_request(tmp_path / "nowhere.json")
    assert (ended.code, ended.outputs["verdict"]) == (2, "invalid")
    assert "results.json" in ended.summary


@pytest.mark.parametrize("token", [TOKEN, ""])
def test_a_fork_gets_the_summary_in_place_of_the_comment(
    runner: Runner, results: Callable[..., Path], forge: Any, token: str
) -> None:
    forge.may_write = False
    ended = runner.pull_request(results("+" * 40), fork=True, **{"github-token": token})
    assert (ended.code, ended.outputs["verdict"]) == (0, "passed")
    assert ended.summary.count("    no comment was written: ") == 1
    assert forge.bodies == []
    assert runner.cache == {}


def test_what_has_the_rights_of_the_default_branch_does_not_get_into_its_history(
    runner: Runner, results: Callable[..., Path], forge: Any
) -> None:
    ended = runner.pull_request(results("+" * 40), fork=True, event="pull_request_target")
    assert (ended.code, runner.cache) == (0, {})
    assert len(forge.bodies) == 1


@pytest.mark.parametrize("end", ["\n", r"\n", r"\012", r"\c"])
def test_commands_that_a_model_has_said_do_not_reach_the_runner(
    runner: Runner, run_file: Callable[..., Path], end: str
) -> None:
    name = f"x{end}::add-mask::a{end}::error::b"
    named = run_file("r.json", "+" * 40, run_id=name, metadata={"prompt_variant": name})
    log = runner.pull_request(named, comment="false").log
    pause = re.search(r"::stop-commands::([0-9a-f]{32})\n", log)
    assert pause is not None
    outside = log[: pause.start()] + log[log.index(f"\n::{pause[1]}::\n") :]
    commands = [line.partition(" ")[0] for line in outside.split("\n") if line.startswith("::")]
    assert commands == [f"::{pause[1]}::", "::notice"]


def test_two_gates_of_a_job_keep_out_of_each_others_way(
    runner: Runner, results: Callable[..., Path], forge: Any
) -> None:
    for name in ("support", "sentiment"):
        ended = runner.pull_request(results("+" * 40), name=name)
        assert list(ended.artifact) == [f"gate-{name}"]
    assert [body.split("\n")[0] for body in forge.bodies] == [
        "<!-- optimizer:support -->",
        "<!-- optimizer:sentiment -->",
    ]
    assert runner.pull_request(results("+" * 40), name="../x").code == 2


def test_every_expression_of_the_action_names_something_there_is() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"\binputs\.([\w-]+)", text))
    assert used == set(ACTION["inputs"])
    ids = {step["id"] for step in ACTION["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"\bsteps\.([\w-]+)\.", text)) == ids
    runs = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert [run for run in runs if "${{" in run] == []
    scripts = [ROOT / name for run in runs for name in re.findall(r"ci/[a-z]+\.sh", run)]
    assert [path for path in scripts if not path.exists()] == []
    unused = fnmatch.filter([path.name for path in (ROOT / "ci").iterdir()], "*.sh")
    assert set(unused) == {path.name for path in scripts}
