"""Time and memory of every command that reads, on histories of growing size.

    python benchmarks/growth.py FOLDER [--sizes 1000000,10000000] [--workflows 1000] [--sorted]
        [--texts-up-to 10000000] [--of own,fixed,all] [--only WORDS] [--json]

Histories are made in FOLDER where they are not there yet. `own` is asked of a workflow whose
share of the history stays the same: the exponent of its CPU time should not exceed 1. `fixed` is
asked of one whose history is the same at any size, beside more and more of others: its exponent
should be about 0. `all` is asked of everything there is. `--sorted` takes histories as they are
once they are compacted, instead of in order of arrival.

The exponent is the slope of a line through the logarithms of all rounds, by least squares, with its
95 % interval. Beside it is what the largest history takes beyond the smallest, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import data
import numpy as np
from growing_data import FIXED, OWN, Shape, fill
from scipy.stats import linregress
from scipy.stats import t as student

PYTHON = sys.executable
AS_OF = "2026-11-17"
"""When the newest runs of these histories ended, which ends the week of a period."""

ANSWERS = (0, 1, 3)
"""Exit codes of an answer."""

OF_A_WORKFLOW = {
    "runs -w": "runs -w {w}",
    "show": "show {run}",
    "report -w": "report -w {w}",
    "report -w --performance": "report -w {w} --performance",
    "report -w --period week": f"report -w {{w}} --period week --as-of {AS_OF}",
    "report --experiments -w": "report --experiments -w {w}",
    "compare A B -w": "compare v0 v1 -w {w}",
    "compare A B -w --pool 5": "compare v0 v1 -w {w} --pool 5",
    "flaky -w": "flaky -w {w}",
    "windows -w": "windows -w {w} --metric latency --every 1d",
    "drift -w": "drift -w {w}",
    "anomalies -w": "anomalies -w {w}",
    "models -w": "models -w {w}",
    "frontier -w": "frontier -w {w}",
    "power -w": "power -w {w} --detect 5pp",
    "replay caching -w": "replay caching -w {w}",
    "replay limits -w": "replay limits -w {w} --requests-per-minute 100",
    "replay batching -w": "replay batching -w {w} --size 5",
    "decide -w": "decide -w {w}",
    "decide -w --as-of": f"decide -w {{w}} --as-of {AS_OF}",
    "experiment status -w": "experiment status -w {w}",
    "gate --baseline RUN": "gate {file} --baseline {run}",
}
"""Commands that ask of one workflow."""

OF_EVERYTHING = {
    "runs": "runs",
    "show latest": "show latest",
    "status": "status",
    "report": "report",
    "report --period week": f"report --period week --as-of {AS_OF}",
    "report --experiments": "report --experiments",
    "models": "models",
    "budget status": "budget status -c {budget}",
    "strategies": "strategies threshold_based",
    "stats": "stats tango b=6 c=16 n=161 level=0.95",
    "baseline show": "baseline show",
    "experiment status": "experiment status",
    "explain": "explain latest",
    "outcome": "outcome latest",
    "audit": "audit",
    "doctor": "doctor",
}
"""Commands that look at every workflow, by their nature, or at none."""

OF_NO_HISTORY = ("stats", "strategies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a command took, at one size of the history.

    Attributes:
        command: The command, as the table names it.
        of: own, fixed or all.
        n_rows: Tasks in the history.
        wall_s: Median of the rounds.
        cpu_s: User and system time of each round, in seconds.
        peak_mb: Highest of the rounds.
        code: Exit code.
    """

    command: str
    of: str
    n_rows: int
    wall_s: float
    cpu_s: tuple[float, ...]
    peak_mb: float
    code: int


def main() -> None:
    """Make what is missing, measure everything, print a table or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="1000000,10000000")
    parser.add_argument("--workflows", type=int, default=1000)
    parser.add_argument("--texts-up-to", type=int, default=10_000_000, help="rows with texts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--of", default="own,fixed,all", help="which of the three")
    parser.add_argument("--only", default="", help="commands whose names hold this")
    parser.add_argument("--sorted", action="store_true", help="compacted histories")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shapes = [
        Shape(
            n_rows=int(size),
            n_workflows=options.workflows,
            is_sorted=options.sorted,
            has_texts=int(size) <= options.texts_up_to,
        )
        for size in options.sizes.split(",")
    ]
    stores = {shape.n_rows: history_of(options.folder, shape) for shape in shapes}
    taken = []
    for one in measured(stores, options.rounds, options.only, options.of.split(",")):
        taken.append(one)
        if options.json:
            print(json.dumps(asdict(one)), flush=True)
    if not options.json:
        show(taken, list(stores))


def history_of(folder: Path, shape: Shape) -> Path:
    """Return a history of a shape; it is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    order = "sorted" if shape.is_sorted else "arrived"
    store = folder / f"{shape.n_rows}-{shape.n_workflows}-{order}.duckdb"
    if not store.exists():
        for n_runs in fill(store, shape):
            print(f"{store}: {n_runs:,} runs", file=sys.stderr)
        prepare(store)
    return store


def prepare(store: Path) -> None:
    """Give the history a baseline, decisions and a file to hold against a run."""
    for workflow in (OWN, FIXED):
        first = newest_run(store, workflow)
        argv = ["baseline", "set", first, "--store", str(store)]
        subprocess.run([PYTHON, "-m", "cli", *argv], check=True, capture_output=True)
        argv = ["decide", "-w", workflow, "--store", str(store)]
        subprocess.run([PYTHON, "-m", "cli", *argv], check=True, capture_output=True)


def newest_run(store: Path, workflow: str) -> str:
    """Return the id of the newest run of a workflow."""
    argv = ["runs", "-w", workflow, "--limit", "1", "--json", "--store", str(store)]
    done = subprocess.run([PYTHON, "-m", "cli", *argv], check=True, capture_output=True)
    return str(json.loads(done.stdout)["items"][0]["run_id"])


def measured(
    stores: Mapping[int, Path], rounds: int, only: str, of: Sequence[str]
) -> Iterator[Taken]:
    """Run command by command, each on every history."""
    folder = next(iter(stores.values())).parent
    file, _ = data.write_pair(folder / "gated", n_cases=500, n_chars=40)
    file.write_text(file.read_text().replace('"case_id": "c', '"case_id": "case-'))
    budget = folder / "budget.toml"
    budget.write_text('[[budgets.limits]]\nname = "all"\ndaily_limit_usd = 10.0\n')
    for kind, workflow in (("own", OWN), ("fixed", FIXED), ("all", "")):
        lines = OF_A_WORKFLOW if workflow else OF_EVERYTHING
        for name in lines if kind in of else ():
            for n_rows, store in stores.items():
                if only in name:
                    run = newest_run(store, workflow) if "{run}" in lines[name] else ""
                    argv = lines[name].format(w=workflow, run=run, file=file, budget=budget).split()
                    if name not in OF_NO_HISTORY:
                        argv += ["--store", str(store)]
                    yield took(name, kind, n_rows, argv, rounds)


def took(name: str, of: str, n_rows: int, argv: Sequence[str], rounds: int) -> Taken:
    """Run a command some times and return what it took."""
    walls, cpus, peaks, code = [], [], [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        with subprocess.Popen(
            [PYTHON, "-m", "cli", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = code = os.waitstatus_to_exitcode(status)
        walls.append(time.perf_counter() - start)
        cpus.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)
    return Taken(
        command=name,
        of=of,
        n_rows=n_rows,
        wall_s=statistics.median(walls),
        cpu_s=tuple(cpus),
        peak_mb=max(peaks),
        code=code,
    )


def show(taken: Sequence[Taken], sizes: Sequence[int]) -> None:
    """Print a line for each command: seconds and MB at each size, and how they grow."""
    of_line: dict[tuple[str, str], list[Taken]] = {}
    for one in taken:
        of_line.setdefault((one.of, one.command), []).append(one)
    head = [f"{size:,} rows" for size in sizes]
    print(f"{'of':6}{'command':27}" + "".join(f"{text:>27}" for text in head) + "  exponent, more")
    for (of, command), ones in of_line.items():
        cells = [
            f"{one.wall_s:.2f} s {statistics.median(one.cpu_s):.2f} cpu {one.peak_mb:.0f} MB"
            + ("" if one.code in ANSWERS else f" !{one.code}")
            for one in ones
        ]
        line = f"{of:6}{command:27}" + "".join(f"{cell:>27}" for cell in cells)
        print(line, grown(ones), sep="  ")


def grown(ones: Sequence[Taken]) -> str:
    """Say how CPU time grows with the history: by which power, and by how much in all."""
    if len(ones) == 1:
        return "-"
    points = [(one.n_rows, cpu) for one in ones for cpu in one.cpu_s]
    rows, cpus = np.log(np.array(points)).T
    line = linregress(rows, cpus)
    margin = float(student.ppf(0.975, len(points) - 2)) * line.stderr
    first, last = (statistics.median(one.cpu_s) for one in (ones[0], ones[-1]))
    interval = f"[{line.slope - margin:.2f}, {line.slope + margin:.2f}]"
    return f"{line.slope:.2f} {interval} {1000 * (last - first):+.0f} ms"


if __name__ == "__main__":
    main()
