"""Commands that are killed: at any moment, and at each of their writes to a file."""

from __future__ import annotations

import math
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest

from optimizer.history.store import SCHEMA_VERSION

STORE = ".optimizer/history.duckdb"
BY = ("--by", "ann", "--why", "as users say")
AT_NOON = "2026-03-20T12:00:00+00:00"
WRITES = "write,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,renameat2,link,unlink,mkdir"
"""System calls that change a file, or have it changed for good."""

POINTS = 200
FEW_POINTS = 1
FIRST_TAKEN_BACK = 4
"""The migrations from here on only add tables and columns."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """A command that is killed, and what must hold then.

    Attributes:
        before: Commands that come before it.
        command: What is killed.
        code: Its exit code where it is not.
        again: What is done after it was killed, where that is another command.
        steps: Whether it may end between two states of its own, each of them whole.
        files: Names of what it writes beside the history.
        store: The history that it writes.
        keeps: Whether it leaves all rows as they are.
        is_old: Whether an earlier version of the program wrote the history that it finds.
    """

    before: tuple[Words, ...]
    command: Words
    code: int = 0
    again: Words | None = None
    steps: bool = False
    files: tuple[str, ...] = ()
    store: str = STORE
    keeps: bool = False
    is_old: bool = False


STORED = (("ingest", "in"),)
DECIDED = (*STORED, ("decide", "-w", "wf"))
APPROVED = (*DECIDED, ("approve", "latest", *BY))
STARTED = (
    *APPROVED,
    ("rollout", "start", "latest", "--at", "2026-03-10"),
    ("ingest", "later"),
)
STORIES = {
    "the first ingest": Story((), ("ingest", "in"), steps=True),
    "ingest": Story(STORED, ("ingest", "in", "later", "bad", "--keep-going"), code=2, steps=True),
    "replacing ingest": Story(STORED, ("ingest", "changed", "--replace")),
    "decide": Story(STORED, ("decide", "-w", "wf", "--emit", "asked.json"), files=("asked.json",)),
    "decide on all": Story(STORED, ("decide", "--all", "-o", "all.md"), files=("all.md",)),
    "approve": Story(DECIDED, ("approve", "latest", *BY)),
    "reject": Story(DECIDED, ("reject", "latest", *BY)),
    "apply": Story(
        APPROVED,
        ("apply", "latest", "--emit", "asked.json", "--patch", "patch.json"),
        files=("asked.json", "patch.json"),
    ),
    "rollout start": Story(APPROVED, ("rollout", "start", "latest", "--at", "2026-03-10")),
    "rollout advance": Story(STARTED, ("rollout", "advance", "--at", "2026-03-14")),
    "store compact": Story(DECIDED, ("store", "compact"), keeps=True),
    "store compact that expires": Story(
        DECIDED, ("store", "compact", "--keep-runs", "1", "--expire-payloads", "1")
    ),
    "store rebuild": Story(DECIDED, ("store", "rebuild"), keeps=True),
    "store import": Story(
        (*DECIDED, ("store", "export", "backup.tar")),
        ("store", "import", "backup.tar", "--store", "restored.duckdb"),
        store="restored.duckdb",
        steps=True,
    ),
    "store migrate": Story(STORED, ("store", "migrate"), is_old=True),
    "rollback": Story((*APPROVED, ("apply", "latest")), ("rollback", "latest", "--why", "harm")),
}


def take_back_migrations(store: Path, *, since: int) -> None:
    """Make a history what it was before some migrations: without what they add."""
    folder = resources.files("optimizer.history").joinpath("migrations")
    with duckdb.connect(store) as connection:
        for step in range(since, SCHEMA_VERSION + 1):
            sql = folder.joinpath(f"{step:04}.sql").read_text()
            for table in re.findall(r"^CREATE TABLE (\w+)", sql, re.MULTILINE):
                connection.execute(f"DROP TABLE {table}")
            for table, column in re.findall(
                r"^ALTER TABLE (\w+) ADD COLUMN (\w+)", sql, re.MULTILINE
            ):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("UPDATE schema_version SET version = ?", [since - 1])


class Stage:
    """A folder in which a story is told again and again."""

    def __init__(self, program: Any, tools: Any, place: Path, story: Story) -> None:
        self.program, self.tools, self.story = program, tools, story
        self.ready, self.folder = place / "ready", place / "work"
        self.ready.mkdir()
        tools.write_results(self.ready)
        for words in story.before:
            done = self.run(self.ready, *words)
            assert done.code == 0, (words, done)
        if story.is_old:
            take_back_migrations(self.ready / story.store, since=FIRST_TAKEN_BACK)
        self.before = self.state(self.ready)
        self.took_s = math.inf
        for _ in range(2):  # the first time is slower
            self.set()
            began = time.monotonic()
            done = self.run(self.folder, *story.command)
            self.took_s = min(self.took_s, time.monotonic() - began)
        assert done.code == story.code, done
        self.after = self.state(self.folder)
        self.written = self.files()
        assert self.story.keeps or self.after != self.before
        assert set(self.written) == set(story.files)

    def run(self, folder: Path, *words: str) -> Any:
        return self.program(folder, *words, FAULTS_NOW=AT_NOON)

    def start(self, *, waits: bool = False) -> Any:
        return self.program.start(self.folder, *self.story.command, waits=waits, FAULTS_NOW=AT_NOON)

    def set(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.ready, self.folder)

    def state(self, folder: Path) -> dict[str, list[str]]:
        return self.tools.state_of(folder / self.story.store)

    def files(self) -> dict[str, str]:
        there = (self.folder / name for name in self.story.files)
        return {path.name: path.read_text() for path in there if path.exists()}

    def look(self) -> str:
        """See that nothing is half; then go on, and see that it ends as it does undisturbed."""
        found = self.state(self.folder)
        if not self.story.is_old or found != self.before:
            self.tools.require_sound(self.folder / self.story.store)
        for name, text in self.files().items():
            assert text == self.written[name]
        if found == self.after:
            return "all"
        if not self.story.steps:
            assert found in (self.before, {})
        done = self.run(self.folder, *(self.story.again or self.story.command))
        assert done.code == self.story.code, done
        assert self.state(self.folder) == self.after
        assert self.files() == self.written
        return "nothing" if found in (self.before, {}) else "a part"


def killed_in_time(stage: Stage, at_s: float) -> bool:
    running = stage.start()
    time.sleep(at_s)
    running.send(signal.SIGKILL)
    return bool(running.wait().code == -signal.SIGKILL)


def traced(stage: Stage, tracer: str, *how: str) -> Any:
    """Run the command under the eyes of a tracer, from its first step on."""
    running = stage.start(waits=True)
    watching = subprocess.Popen(
        [tracer, "-f", "-p", str(running.pid), "-e", f"trace={WRITES}", *how],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stderr is not None
    assert "attached" in watching.stderr.readline()
    running.begin()
    done = running.wait()
    watching.communicate(timeout=60)
    return done


def count_writes(stage: Stage, tracer: str, log: Path) -> int:
    """Return how many writes the thread with most of them makes."""
    stage.set()
    assert traced(stage, tracer, "-o", str(log)).code == stage.story.code
    threads = Counter(re.findall(r"^(\d+) +\w+\(", log.read_text(), re.MULTILINE))
    return max(threads.values())


def killed_at_write(stage: Stage, tracer: str, n: int) -> bool:
    how = f"inject={WRITES}:signal=SIGKILL:when={n}"
    return bool(traced(stage, tracer, "-e", how).code == -signal.SIGKILL)


def killings(stage: Stage, tracer: str | None, n: int, place: Path) -> Iterator[bool]:
    """Kill a command at `n` points: half by the clock, half at writes where these are told."""
    chance = random.Random(repr(stage.story))
    counted = 0 if tracer is None else n // 2
    for i in range(n - counted):
        stage.set()
        yield killed_in_time(stage, stage.took_s * (i + chance.random()) / (n - counted))
    if tracer is not None and counted:
        last = count_writes(stage, tracer, place / "log")
        for i in range(counted):
            stage.set()
            yield killed_at_write(stage, tracer, 1 + i * (last - 1) // max(1, counted - 1))


def tell(stage: Stage, tracer: str | None, n: int, place: Path) -> Counter[str]:
    ends: Counter[str] = Counter()
    for was_killed in killings(stage, tracer, n, place):
        ends[f"{'killed' if was_killed else 'ended'}, stored {stage.look()}"] += 1
    return ends


@pytest.fixture
def stage(program: Any, tools: Any, tmp_path: Path) -> Callable[[str], Stage]:
    return lambda name: Stage(program, tools, tmp_path, STORIES[name])


@pytest.mark.parametrize("name", STORIES)
def test_a_command_that_is_killed_leaves_nothing_half_and_can_be_repeated(
    stage: Callable[[str], Stage], tracer: str | None, tmp_path: Path, name: str
) -> None:
    assert sum(tell(stage(name), tracer, FEW_POINTS, tmp_path).values()) == FEW_POINTS


@pytest.mark.faults
@pytest.mark.parametrize("name", STORIES)
def test_a_command_may_be_killed_at_any_of_two_hundred_points(
    stage: Callable[[str], Stage], tracer: str | None, tmp_path: Path, name: str
) -> None:
    ends = tell(stage(name), tracer, POINTS, tmp_path)
    sys.stdout.write(f"\n{name}: {dict(sorted(ends.items()))}\n")
    assert sum(ends.values()) == POINTS
    assert sum(n for end, n in ends.items() if end.startswith("killed")) > POINTS // 4
