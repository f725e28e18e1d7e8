"""What users do instead: a notebook, and their runner's own export."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measured import Goal, Line, Target
from timing import HERE, OPTIMIZER, PYTHON, Bench, commands, script, turns, wall_seconds

QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
    "PROMPTFOO_DISABLE_SHARING": "1",
}


def notebook(bench: Bench) -> Iterator[Line]:
    """Two result files compared, as a notebook of pandas and scipy does it."""
    folder, n_tasks = bench.folder / "two", 20_000 // bench.share
    script("data.py", str(folder), "2", str(n_tasks))
    files = [str(folder / f"run-000{n}.json") for n in range(2)]
    ours, reference = commands(
        [*OPTIMIZER, "compare", *files],
        [PYTHON, str(HERE / "notebook.py"), "compare", *files],
        2 * bench.rounds,
    )
    yield Line(
        name="notebook_files",
        what=f"compare two files of {n_tasks:,} tasks / a notebook of pandas and scipy",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.0),
    )


def notebook_again(bench: Bench) -> Iterator[Line]:
    """One workflow looked at again: from the history, or from all of its files."""
    folder, n_files = bench.folder / "again", 50 // min(bench.share, 10)
    script("data.py", str(folder), str(n_files), "2000")
    store = bench.fresh("again.duckdb")
    wall_seconds([*OPTIMIZER, "ingest", str(folder), "--store", store])
    head = json.loads((folder / "run-0000.json").read_text(encoding="utf-8"))
    workflow = head["task_results"][0]["workflow_id"]
    ours, reference = commands(
        [*OPTIMIZER, "decide", "--workflow", workflow, "--store", store],
        [PYTHON, str(HERE / "notebook.py"), "workflow", str(folder), workflow],
        bench.rounds,
    )
    yield Line(
        name="notebook_history",
        what=f"decide on {n_files} runs of 2,000 tasks that are stored / a notebook reads them",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.0),
    )


def promptfoo_export(bench: Bench) -> Iterator[Line]:
    """Ingest of an evaluation, against promptfoo writing it to a file."""
    what, command = "ingest of an evaluation / promptfoo's own export", os.environ.get("PROMPTFOO")
    if command is None:
        yield Line(
            name="promptfoo_export",
            what=what,
            absent="set PROMPTFOO to the command that runs it",
        )
        return
    folder = bench.folder / "promptfoo_home"
    folder.mkdir(exist_ok=True)
    n_tests = 4_000 // bench.share
    evaluate(shlex.split(command), folder, n_tests)
    out = str(folder / "out.json")

    def export() -> float:
        return wall_seconds_of(
            [*shlex.split(command), "export", "eval", "latest", "-o", out], folder
        )

    export()
    ours, reference = turns(
        lambda: wall_seconds([*OPTIMIZER, "ingest", out, "--store", bench.fresh("p.duckdb")]),
        export,
        bench.rounds,
    )
    yield Line(
        name="promptfoo_export",
        what=f"ingest of an evaluation of {n_tests:,} tests / promptfoo's own export of it",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.0),
    )


def evaluate(promptfoo: list[str], folder: Path, n_tests: int) -> None:
    """Let promptfoo run so many tests of a provider that echoes."""
    config = {
        "prompts": ["Answer: {{question}}"],
        "providers": ["echo"],
        "tests": [
            {
                "vars": {"question": f"What is said of order {n}?"},
                "assert": [{"type": "contains", "value": str(n)}],
            }
            for n in range(n_tests)
        ],
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    quiet = ["--no-share", "--no-cache", "--no-progress-bar", "--no-table"]
    wall_seconds_of([*promptfoo, "eval", "-c", str(path), *quiet], folder)


def wall_seconds_of(argv: list[str], home: Path) -> float:
    """Run promptfoo with a home of its own and return how long it took."""
    environment = os.environ | QUIET | {"PROMPTFOO_CONFIG_DIR": str(home)}
    timed = "import subprocess, sys, time; t = time.perf_counter(); "
    timed += "code = subprocess.run(sys.argv[1:], capture_output=True).returncode; "
    timed += "print(time.perf_counter() - t); sys.exit(code)"
    done = subprocess.run(
        [PYTHON, "-c", timed, *argv], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}")
    return float(done.stdout)
