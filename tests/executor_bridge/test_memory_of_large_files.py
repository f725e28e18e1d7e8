from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = r"""
import re, sys
from pathlib import Path
from functools import partial
from executor_bridge import read
from executor_bridge.files import source
from executor_bridge.formats.native import bridge
from optimizer.models.ingest import IngestSettings

bridge.KEPT_BYTES = 0
source.PIECE_BYTES = 2**20
source.spooled = partial(source.spooled, memory_bytes=2**20)
runs = read(sys.argv[1], IngestSettings()).runs
print(sum(1 for run in runs for _ in run.tasks))
print(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
"""
HEAD = (
    '{"run_id": "r", "workflow_id": "w", "started_at": "2026-03-01T12:00:00Z", '
    '"finished_at": "2026-03-01T12:00:05Z", "task_results": ['
)
MEGABYTES_OF_GROWTH = 12


def write(path: Path, n_tasks: int) -> None:
    filling = "x" * 900
    tasks = (
        json.dumps(
            {
                "task_id": f"t{n}",
                "workflow_id": "w",
                "task_status": "succeeded",
                "created_at": "2026-03-01T12:00:00Z",
                "test_result": {"status": "success", "outputs": {"text": filling}},
            }
        )
        for n in range(n_tasks)
    )
    text = f"{HEAD}{', '.join(tasks)}]}}".encode()
    path.write_bytes(gzip.compress(text, 1) if path.suffix == ".gz" else text)


def peak_megabytes(path: Path, n_tasks: int) -> float:
    write(path, n_tasks)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    n_read, kilobytes = map(int, done.stdout.split())
    assert n_read == n_tasks
    return kilobytes / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="memory is let go on Linux only")
@pytest.mark.parametrize("name", ["run.json", "run.json.gz"])
def test_memory_hardly_grows_with_a_single_object(tmp_path: Path, name: str) -> None:
    small = peak_megabytes(tmp_path / name, 10_000)
    large = peak_megabytes(tmp_path / name, 40_000)
    assert large - small < MEGABYTES_OF_GROWTH
