from __future__ import annotations

import csv
import gzip
import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.app import app
from optimizer.history.store import open_history
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Lineage
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import record_made
from optimizer.scoring_rules import ScoringRules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

Run = Callable[..., Any]

EXAMPLE = "Example: optimizer "
MARKS = {"v1": "++++++-+-+-+++--++-+", "v2": "+++++++++++++++-++++"}
N_CASES = 40

DECIDED = ("decide --workflow wf_001",)
APPROVED = (*DECIDED, 'approve latest --by ann --why "agrees with what users say"')
APPLIED = (*APPROVED, "apply latest")
PLANNED = ("experiment plan clear-1 -w wf_001 -a v1 -b v2 --detect 5pp",)
STARTED = (*PLANNED, "experiment start clear-1")
RECORDED = ("prompts record prompts/triage.md",)
BETTER = "a better version"
IN_FORCE = (*RECORDED, BETTER, "prompts promote prompts/triage.md@1.1.0 --by ann")

JOB = {"GITHUB_REPOSITORY": "ada/prompts", "GITHUB_ACTIONS": "true"}
BEFORE: dict[str, tuple[str, ...]] = {
    "explain": DECIDED,
    "approve": DECIDED,
    "reject": DECIDED,
    "apply": APPROVED,
    "rollback": APPLIED,
    "outcome": APPLIED,
    "audit": DECIDED,
    "comment": ("gate run.json -o gate.md",),
    "lake compact": ("lake publish runs/ --lake lake/",),
    "lake query": ("lake publish runs/ --lake lake/",),
    "lake status": ("lake publish runs/ --lake lake/",),
    "feedback": ("ingest feedback thumbs.jsonl ratings.csv",),
    "rollout start": APPROVED,
    "rollout advance": (*APPROVED, "rollout start latest --preset standard"),
    "rollout status": (*APPROVED, "rollout start latest --preset standard"),
    "baseline show": ("baseline set wf_001:v1",),
    "baseline clear": ("baseline set wf_001:v1",),
    "experiment start": PLANNED,
    "experiment status": STARTED,
    "experiment report": STARTED,
    "experiment pause": STARTED,
    "experiment resume": (*STARTED, 'experiment pause clear-1 --reason "model outage"'),
    "experiment conclude": STARTED,
    "experiment cancel": STARTED,
    "experiment archive": (*STARTED, 'experiment cancel clear-1 --reason "wrong prompt"'),
    "prompts list": RECORDED,
    "prompts log": RECORDED,
    "prompts show": (*RECORDED, BETTER),
    "prompts diff": (*RECORDED, BETTER),
    "prompts promote": (*RECORDED, BETTER),
    "prompts rollback": IN_FORCE,
    "prompts export": RECORDED,
}
"""What has to have happened before an example makes sense."""

ANSWERS: dict[str, set[int]] = {"gate": {0, 1, 3}, "lint": {0, 1}, "optimize": {0, 1}}
"""Exit codes that are answers too."""


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for inner_name, inner in command.commands.items():
        yield from commands(inner, f"{name} {inner_name}".strip())


COMMANDS = dict(commands(get_command(app)))


def examples() -> Iterator[tuple[str, str]]:
    for name, command in COMMANDS.items():
        for paragraph in command.help.split("\n\n"):
            said = " ".join(paragraph.split())
            if said.startswith(EXAMPLE):
                yield name, said.removeprefix(EXAMPLE)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with every file and every stored run that the examples name."""
    folder = tmp_path_factory.mktemp("world")
    samples = Path(__file__).parents[2] / "sample_runs"
    for name in ("runs", "more", "prompts"):
        (folder / name).mkdir()
    for day in range(1, 7):
        for variant in MARKS:
            write(folder / "runs" / f"{variant}-{day}.json", a_run(variant, day))
    write(folder / "baseline.json", a_run("v1", 8))
    write(folder / "candidate.json", a_run("v2", 9))
    write(folder / "run.json", a_run("v2", 10))
    (folder / "more" / "late.json.gz").write_bytes(
        gzip.compress(json.dumps(a_run("v2", 7)).encode())
    )
    shutil.copy(samples / "inspect" / "sentiment-clear.eval", folder / "results.eval")
    (folder / "prompt.txt").write_text("Answer with one word: {text}\n")
    (folder / "prompts" / "triage.md").write_text(PROMPT)
    (folder / "workflow.yml").write_text(WORKFLOW)
    lines(folder / "cases.jsonl", ({"id": f"c{i}", "input": f"ticket {i}"} for i in range(40)))
    (folder / "run_tests.py").write_text(RUN_TESTS)
    lines(
        folder / "trace.jsonl",
        (
            {"timestamp": i * 500, "input": f"question {i % 7}", "tokens": 50, "cost": 0.001}
            for i in range(60)
        ),
    )
    lines(
        folder / "thumbs.jsonl",
        (
            {"task_id": f"v1-1-{i}", "thumbs": "up" if i % 3 else "down", "id": f"f{i}"}
            for i in range(9)
        ),
    )
    with (folder / "ratings.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "task_id", "rating", "scale_min", "scale_max"])
        table.writerows([f"r{i}", f"v2-1-{i}", 4, 1, 5] for i in range(9))
    return folder


PROMPT = "Sort the ticket below into billing, bug or other. Answer with one word.\n\n{{ticket}}\n"
WORKFLOW = "app: {mode: chat}\nmodel_config:\n  pre_prompt: |\n    Sort {{ticket}}.\n"
RUN_TESTS = """
import json, sys

prompt, cases, out = sys.argv[1:]
is_prompt = "billing" in open(prompt).read()
with open(out, "w") as results:
    for case in json.load(open(cases)):
        results.write(json.dumps({"case_id": case["id"], "passed": is_prompt}) + "\\n")
"""


def a_run(variant: str, day: int) -> dict[str, Any]:
    start = f"2026-02-{day:02}T12:00:00Z"
    marks = MARKS[variant] * (N_CASES // 20)
    return {
        "run_id": f"{variant}-{day}",
        "workflow_id": "wf_001",
        "started_at": start,
        "finished_at": f"2026-02-{day:02}T12:05:00Z",
        "metadata": {
            "prompt_variant": variant,
            "branch": "main",
            "git": {"branch": "main"},
            "model": "small",
        },
        "task_results": [
            {
                "task_id": f"{variant}-{day}-{i}",
                "workflow_id": "wf_001",
                "task_status": "succeeded" if mark == "+" else "failed",
                "created_at": start,
                "execution_time": 0.5 + 0.01 * ((i * 7 + day) % 11),
                "metadata": {"case_id": f"c{i}", "cost_usd": 0.001},
            }
            for i, mark in enumerate(marks)
        ],
    }


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))


def lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def stored(world: Path, run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its runs in a history."""
    folder = tmp_path_factory.mktemp("stored") / "world"
    shutil.copytree(world, folder)
    assert run_in(folder, "ingest", "runs/").code == 0
    return folder


def test_every_command_has_an_example() -> None:
    assert set(COMMANDS) - {name for name, _ in examples()} == set()


@pytest.mark.parametrize(("name", "example"), list(examples()), ids=lambda text: text[:50])
def test_every_example_can_be_pasted(
    optimizer: Run, stored: Path, tmp_path: Path, name: str, example: str
) -> None:
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    for line in BEFORE.get(name, ()):
        if line == BETTER:
            store_a_better_version(tmp_path)
        else:
            done = optimizer(*shlex.split(line))
            assert done.code in {0, 1}, done.err
    result = optimizer(*words(example, tmp_path), **(JOB if name == "comment" else {}))
    assert result.code in ANSWERS.get(name, {0}), result.err + result.out


def words(example: str, folder: Path) -> list[str]:
    """Take a line apart as a shell does, names with stars among it."""
    found = []
    for word in shlex.split(example):
        files = sorted(folder.glob(word)) if "*" in word else []
        found += [str(file.relative_to(folder)) for file in files] or [word]
    return [word.replace("python ", f"{sys.executable} ") for word in found]


def store_a_better_version(folder: Path) -> None:
    """Have a second version of the prompt that held-out tests confirm."""
    old, new = PROMPT, PROMPT.replace("Answer", "Read it twice. Answer")
    look = Confirmation(
        optimization_id="o1",
        prompt_id="prompts/triage.md",
        holdout_sha256="h",
        seq=1,
        champion_sha256=text_sha256(new),
        control_sha256=text_sha256(old),
        alpha=0.05,
        verdict="improved",
        n=18,
        n_control_passed=9,
        n_champion_passed=17,
        n_tests=18,
        p_value=0.008,
        estimate=8 / 18,
        low=0.12,
        high=0.66,
        method="McNemar mid-p, Tango score interval",
        reason="8 cases got better, 0 worse",
        looked_at=NOW,
    )
    lineage = Lineage(strategy="structure_focus", engine="own", seed=1, rules=("R06",))
    made = Made(text=new, lineage=lineage, optimization_id="o1", confirmation=look)
    store = folder / ".optimizer" / "history.duckdb"
    with open_history(store, lock_timeout_s=1, now=NOW) as history:
        who = Who(actor="ann", why="", at=NOW)
        record_made(history, look.prompt_id, made, who, rules=ScoringRules())
