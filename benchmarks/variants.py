"""Time, memory and length of what is said of a workflow of thousands of variants.

    python benchmarks/variants.py FOLDER [--variants 1000,5000] [--cases 20]

The variants are in one run, as a tool writes that tries every prompt with every model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from data import START

PYTHON = sys.executable
REPEATS = 2

COMMANDS = (
    "analyze {file}",
    "analyze {file} -o {page}",
    "compare {file}",
    "compare v0 v1 -w grid --store {store}",
    "compare {file}#v0 {file}#v1",
    "show latest --store {store}",
    "report -w grid --store {store}",
    "report -w grid --store {store} -o {page}",
    "report --store {store}",
    "flaky -w grid --store {store}",
    "frontier -w grid --store {store}",
    "power -w grid --detect 5pp --discordance 0.1 --store {store}",
    "drift -w grid --store {store}",
    "models --store {store}",
    "status --store {store}",
    "decide -w grid --store {store}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a command took.

    Attributes:
        n_variants: Variants in the run.
        command: The command.
        wall_s: From start to end.
        cpu_s: User and system time, in seconds.
        peak_mb: Highest resident memory.
        n_bytes: Written to the terminal.
        page_bytes: Written as a page; None: none was asked for.
        code: Exit code.
    """

    n_variants: int
    command: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    n_bytes: int
    page_bytes: int | None
    code: int


def main() -> None:
    """Measure every command at every size and print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--variants", default="1000,5000")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for size in map(int, options.variants.split(",")):
        for one in measured(options.folder.resolve(), size, options.cases, options.only):
            print(json.dumps(asdict(one)), flush=True)


def measured(folder: Path, n_variants: int, n_cases: int, only: str) -> Iterator[Taken]:
    """Run every command on a run of so many variants."""
    folder.mkdir(parents=True, exist_ok=True)
    file, store = folder / f"grid-{n_variants}.json", folder / f"grid-{n_variants}.duckdb"
    page, said = folder / "page.html", folder / "said.txt"
    if not store.exists():
        file.write_text(json.dumps(run_of(n_variants, n_cases)), encoding="utf-8")
        argv = [PYTHON, "-m", "cli", "ingest", str(file), "--store", str(store)]
        subprocess.run(argv, check=True, capture_output=True, cwd="/")
    for line in COMMANDS:
        if only not in line:
            continue
        page.unlink(missing_ok=True)
        argv = line.format(file=file, store=store, page=page).split()
        start = time.perf_counter()
        with (
            said.open("wb") as out,
            subprocess.Popen(
                [PYTHON, "-m", "cli", *argv], stdout=out, stderr=subprocess.DEVNULL, cwd="/"
            ) as process,
        ):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = code = os.waitstatus_to_exitcode(status)
        yield Taken(
            n_variants=n_variants,
            command=line,
            wall_s=round(time.perf_counter() - start, 2),
            cpu_s=round(usage.ru_utime + usage.ru_stime, 2),
            peak_mb=round(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6),
            n_bytes=said.stat().st_size,
            page_bytes=page.stat().st_size if page.exists() else None,
            code=code,
        )


def run_of(n_variants: int, n_cases: int) -> dict[str, Any]:
    """Return a run in the native form: every variant on the same cases, twice each."""
    rng = random.Random(1)
    tasks = [
        _task(rng, variant, case, repeat)
        for variant in range(n_variants)
        for case in range(n_cases)
        for repeat in range(REPEATS)
    ]
    return {
        "run_id": "grid-1",
        "workflow_id": "grid",
        "started_at": START.isoformat(),
        "finished_at": (START + timedelta(hours=1)).isoformat(),
        "metadata": {"provider": "p", "model": "m"},
        "task_results": tasks,
    }


def _task(rng: random.Random, variant: int, case: int, repeat: int) -> dict[str, Any]:
    chance = 0.55 + 0.4 * (variant * 7919 % 1000) / 1000
    passed = rng.random() < chance
    created_at = START + timedelta(milliseconds=variant)
    seconds = rng.lognormvariate(0, 0.4)
    return {
        "task_id": f"v{variant}:c{case}:{repeat}",
        "workflow_id": "grid",
        "task_status": "succeeded" if passed else "failed",
        "test_result": {
            "workflow_id": "grid",
            "execution_id": f"v{variant}:c{case}:{repeat}",
            "timestamp": created_at.isoformat(),
            "status": "success" if passed else "failed",
            "execution_time": seconds,
            "tokens_used": rng.randint(50, 900),
            "cost": rng.random() / 1000,
            "inputs": {"question": f"what of order {case}?"},
            "outputs": {"text": f"answer {rng.randint(0, 9)}"},
            "prompt_variant": f"v{variant}",
            "score": float(passed),
        },
        "created_at": created_at.isoformat(),
        "execution_time": seconds,
        "metadata": {"case_id": f"c{case}", "repeat": repeat, "tokens_in": 100},
    }


if __name__ == "__main__":
    main()
