from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AGAIN = """
import contextlib, io, os, resource, sys
from cli.main import main

def called(*words):
    sys.argv = ["optimizer", *words]
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            assert not end.code, words

def pages():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

n = int(sys.argv[1])
for i in range(n):
    called("ingest", f"r{i % 10}.json", "--replace")
    called("decide", "-w", "wf")
    if i == n // 4:
        before, files = pages(), len(os.listdir("/proc/self/fd"))
opened, threads = len(os.listdir("/proc/self/fd")) - files, len(os.listdir("/proc/self/task"))
print(pages() - before, opened, threads)
"""
MOST_BYTES = 24 * 2**20


@pytest.mark.parametrize("n", [16, pytest.param(200, marks=pytest.mark.faults, id="many")])
def test_commands_in_one_process_leave_neither_memory_nor_files_behind(
    tools: Any, tmp_path: Path, n: int
) -> None:
    for i in range(10):
        tools.write_run(tmp_path, f"r{i}", variant="ab"[i % 2], day=1 + i)
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(n)],
        cwd=tmp_path,
        env=tools.CLEAN,
        check=True,
        capture_output=True,
        text=True,
    )
    sys.stdout.write(f"\n{2 * n} commands: {done.stdout}")
    grown, files, threads = map(int, done.stdout.split())
    assert (grown < MOST_BYTES, files, threads) == (True, 0, 1), done.stdout
