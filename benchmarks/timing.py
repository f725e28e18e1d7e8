"""Running commands and scripts, and what they took."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = sys.executable
OPTIMIZER = (PYTHON, "-m", "cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """How everything is measured.

    Attributes:
        folder: Where data and databases go.
        rounds: How often ours and the reference take turns.
        share: What part of the data is taken: one in so many.
    """

    folder: Path
    rounds: int
    share: int

    def fresh(self, name: str) -> str:
        """Return the path of a database that does not exist yet."""
        for path in (self.folder / name, self.folder / f"{name}.wal"):
            path.unlink(missing_ok=True)
        return str(self.folder / name)


def turns(
    ours: Callable[[], float], reference: Callable[[], float], rounds: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Take figures of both in turn, so that a machine that slows down favours neither."""
    pairs = [(ours(), reference()) for _ in range(rounds)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def commands(
    ours: Sequence[str], reference: Sequence[str], rounds: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time two commands in turn, as whole processes, after one turn that is not counted."""
    wall_seconds(ours), wall_seconds(reference)
    return turns(lambda: wall_seconds(ours), lambda: wall_seconds(reference), rounds)


def wall_seconds(argv: Sequence[str]) -> float:
    """Run a command and return how long it took."""
    start = time.perf_counter()
    run(argv)
    return time.perf_counter() - start


def run(argv: Sequence[str], accepted: Sequence[int] = (0, 1, 3)) -> str:
    """Run a command and return what it printed; a gate that says no has done its work."""
    done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def script(name: str, *args: str) -> str:
    """Run a script of this folder and return what it printed."""
    return run([PYTHON, str(HERE / name), *args], accepted=(0,))


def seconds_said(name: str, *args: str) -> float:
    """Run a script of this folder and return the seconds that it prints."""
    return float(script(name, *args))


PEAK = """
import os, subprocess, sys
started = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, cwd="/")
_, status, usage = os.wait4(started.pid, 0)
started.returncode = os.waitstatus_to_exitcode(status)
print(usage.ru_maxrss)
sys.exit(started.returncode)
"""


def peak_megabytes(argv: Sequence[str]) -> float:
    """Run a command alone and return its peak memory.

    A small process starts it: a process is told to have held what whoever started it held then.
    """
    asked = [PYTHON, "-S", "-c", PEAK, *argv]
    done = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{argv} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit / 1e6
