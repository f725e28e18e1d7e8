from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STORE = ".optimizer/history.duckdb"
MIB = 2**20
WRITE = (
    ("ingest", "big.json"),
    ("decide", "-w", "wf"),
    ("decide", "--all"),
    ("approve", "latest", "--by", "ann"),
    ("runs", "-o", "old.html"),
    ("runs", "-o", "old.parquet"),
    ("runs", "-o", "old.csv"),
    ("store", "export", "--parquet", "out"),
    ("ingest", "big.json", "--store", "new/history.duckdb"),
    ("init",),
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        pytest.skip("no disk can be mounted here: it takes root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    path = disk / "filling"
    with path.open("wb", buffering=0) as file:
        for size in (MIB, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return path


def prepare(program: Any, tools: Any, folder: Path) -> dict[str, list[str]]:
    for variant, day, marks in (("a", 1, "+"), ("b", 2, "++-")):
        tools.write_run(folder, f"r-{variant}", variant=variant, day=day, n=60, marks=marks)
        assert program(folder, "ingest", f"r-{variant}.json").code == 0
    inputs = [os.urandom(400).hex() for _ in range(1000)]
    tools.write_run(folder, "big", variant="a", day=3, n=1000, metadata={"texts": inputs})
    for ending in ("html", "parquet", "csv"):
        (folder / f"old.{ending}").write_text("old")
    return dict(tools.state_of(folder / STORE))


def test_on_a_full_disk_every_command_says_so_and_what_was_there_stays(
    program: Any, tools: Any, disk: Path
) -> None:
    before = prepare(program, tools, disk)
    filling = fill(disk)
    for words in WRITE:
        done = program(disk, *words)
        if words[0] == "approve":
            assert (done.code, "no decision" in done.err) == (2, True), done
            continue
        assert done.code == 2, (words, done)
        assert any(s in done.err for s in ("the disk is full", "No space left")), (words, done)
        assert "Traceback" not in done.err
    assert program(disk, "status").code == 0
    tools.require_sound(disk / STORE)
    assert tools.state_of(disk / STORE) == before
    for ending in ("html", "parquet", "csv"):
        assert (disk / f"old.{ending}").read_text() == "old"
    assert [path.name for path in disk.rglob("*.part")] == []
    filling.unlink()
    for words in WRITE:
        done = program(disk, *words)
        assert done.code == 0, (words, done)
    tools.require_sound(disk / STORE)


def test_where_files_may_not_grow_the_history_stays_as_it_was(
    program: Any, tools: Any, tmp_path: Path
) -> None:
    before = prepare(program, tools, tmp_path)
    for words in (("ingest", "big.json"), ("decide", "-w", "wf")):
        done = program(tmp_path, *words, limit=4096)
        assert done.code == 2, done
        assert "may not grow any further" in done.err, done
        assert tools.state_of(tmp_path / STORE) == before
    tools.require_sound(tmp_path / STORE)
    assert program(tmp_path, "ingest", "big.json").code == 0
