"""The history of benchmarks, and whether the last run was slower than the one before.

    python benchmarks/kept.py HISTORY

Each line of the table is measured several times in a run, each time beside its reference, and what
counts is the ratio of that pair: it leaves out how fast the machine was. Two runs are compared by
Welch's test on the logarithms of these ratios, line by line (corrected for the number of lines),
and by a paired test over all lines, each line being its own control. Lines without a reference are
compared as they are, and only between runs on the same machine.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measured import Line

from optimizer import __version__
from optimizer.stats.means import paired_t, welch

ALPHA = 0.05
"""Share of false alarms, over all lines together."""

TOLERATED = 1.1
"""A line that is slower by no more than this is not a regression."""

FEWEST_ROUNDS = 3
FEWEST_LINES = 5

Costs = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slower:
    """A line that takes longer than in the run before.

    Attributes:
        name: Which.
        ratio: How many times as long it takes now; `low` and `high` bound it at the corrected
            level.
    """

    name: str
    ratio: float
    low: float
    high: float


def append(history: Path, lines: Sequence[Line], rounds: int, share: int) -> None:
    """Add a run to the history."""
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "commit": commit(),
        "machine": machine(),
        "rounds": rounds,
        "share": share,
        "lines": [line.as_json() for line in lines],
    }
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def read(history: Path) -> list[dict[str, Any]]:
    """Return the runs of a history, oldest first."""
    if not history.exists():
        return []
    return [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]


def verdict(history: Path) -> str:
    """Say how the newest run compares with the newest one before it that took the same data."""
    runs = read(history)
    if not runs:
        return f"{history}: no run yet"
    newest = runs[-1]
    earlier = [run for run in runs[:-1] if run["share"] == newest["share"]]
    if not earlier:
        return "The first run of this size: nothing to compare with."
    previous = earlier[-1]
    first, second = shared(previous, newest)
    said = [f"Against the run of {previous['at']} ({previous['commit']}):"]
    said += [overall(first, second), *(told(one) for one in slower(first, second))]
    if len(said) == len(("head", "overall")):
        said.append(f"No line is slower by more than {TOLERATED - 1:.0%} beyond doubt.")
    return "\n".join(said)


def shared(previous: Mapping[str, Any], newest: Mapping[str, Any]) -> tuple[Costs, Costs]:
    """Return the costs of the lines that two runs share and that can be compared."""
    same_machine = previous["machine"] == newest["machine"]
    found = [
        {
            line.name: line.costs
            for line in map(line_of, run["lines"])
            if line.ours and min(line.costs) > 0 and (line.reference or same_machine)
        }
        for run in (previous, newest)
    ]
    names = [name for name in found[0] if name in found[1]]
    return tuple({name: costs[name] for name in names} for costs in found)


def line_of(entry: Mapping[str, Any]) -> Line:
    """Return a line as it was kept, but for its target."""
    return Line(
        name=entry["name"],
        what=entry["what"],
        ours=tuple(entry["ours"]),
        reference=tuple(entry["reference"]),
    )


def slower(first: Costs, second: Costs) -> list[Slower]:
    """Return the lines that are slower in the second run by more than is tolerated."""
    tested = [name for name in first if min(len(first[name]), len(second[name])) >= FEWEST_ROUNDS]
    found = []
    for name in tested:
        level = 1 - ALPHA / len(tested)
        change = welch(logs(first[name]), logs(second[name]), level=level)
        if change.low > math.log(TOLERATED):
            bounds = [math.exp(one) for one in (change.estimate, change.low, change.high)]
            found.append(Slower(name=name, ratio=bounds[0], low=bounds[1], high=bounds[2]))
    return found


def overall(first: Costs, second: Costs) -> str:
    """Say how all lines together changed, each held against itself."""
    if len(first) < FEWEST_LINES:
        return f"all together: not enough lines: {len(first)} of {FEWEST_LINES}"
    differences = [
        statistics.median(logs(second[name])) - statistics.median(logs(first[name]))
        for name in first
    ]
    change = paired_t(differences, level=1 - ALPHA)
    ratio, low, high = (math.exp(one) for one in (change.estimate, change.low, change.high))
    return f"all {len(first)} lines together: {ratio:.2f} x [{low:.2f}, {high:.2f}] the time"


def told(one: Slower) -> str:
    """Say that a line is slower."""
    return f"SLOWER: {one.name}: {one.ratio:.2f} x [{one.low:.2f}, {one.high:.2f}] the time"


def logs(costs: Sequence[float]) -> list[float]:
    """Return the natural logarithms of some costs."""
    return [math.log(cost) for cost in costs]


def machine() -> str:
    """Tell this machine from others."""
    return f"{platform.system()} {platform.machine()} {processor()}, {os.cpu_count()} cores"


def processor() -> str:
    """Return the name of the processor, where the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor()


def commit() -> str:
    """Return the commit that is measured; `unknown` outside of a checkout."""
    argv = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    print(verdict(Path(sys.argv[1])))
