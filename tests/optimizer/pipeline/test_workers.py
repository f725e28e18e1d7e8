from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARING = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from optimizer.pipeline.workers import begin_worker

def work(_):
    time.sleep(0.5)
    return os.getpid()

if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("fork"), begin_worker, (os.getpid(),)) as pool:
        print(*set(pool.map(work, range(2))), flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_processes_that_share_the_work_end_with_the_one_that_shares_it_out() -> None:
    sharing = subprocess.Popen(
        [sys.executable, "-c", SHARING],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert sharing.stdout is not None
    workers = [Path("/proc") / pid.decode() for pid in sharing.stdout.readline().split()]
    assert len(workers) == 2
    for worker in workers:
        os.kill(int(worker.name), signal.SIGINT)  # is left to the other process
    assert all(worker.exists() for worker in workers)
    sharing.kill()
    sharing.wait()
    sharing.stdout.close()
    end = time.monotonic() + 20
    while any(worker.exists() for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.1)
