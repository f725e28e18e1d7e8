"""Print peak memory and time of ingesting large files, as one JSON object.

    PYTHONPATH=. python benchmarks/large_files.py [--gigabytes 3] [--folder FOLDER]
        [--forms native,gz,native_jsonl,promptfoo_jsonl] [--raw blob]

Each file is one run: an object, the same compressed, one run of 2,000 tasks to a line, or a result
of promptfoo to a line. Files are made in a folder of their own, one at a time, and deleted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count, islice
from pathlib import Path
from typing import IO, Any

from data import run_head, run_results, run_tasks

HERE = Path(__file__).parent
FORMS = ("native", "gz", "native_jsonl", "promptfoo_jsonl")
LINE_TASKS = 2_000
GIGABYTE = 10**9


def main() -> None:
    """Measure each form and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=3.0)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--raw", default="blob")
    options = parser.parse_args()
    size = int(options.gigabytes * GIGABYTE)
    found = {}
    for form in options.forms.split(","):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            found[form] = measured(Path(folder), form, size, options.raw)
    print(json.dumps(found, indent=2))


def measured(folder: Path, form: str, size: int, raw: str) -> dict[str, float]:
    """Return what one file takes."""
    (folder / "in").mkdir()
    suffix = {"native": "json", "gz": "json.gz"}.get(form, "jsonl")
    path = folder / "in" / f"run.{suffix}"
    n_tasks = write(path, form, size)
    argv = [str(HERE / "ours.py"), "ingest", str(path.parent), str(folder / "history.duckdb"), raw]
    peak, seconds = ran(argv)
    return {
        "megabytes": round(path.stat().st_size / 1e6),
        "tasks": n_tasks,
        "peak_megabytes": round(peak),
        "seconds": round(seconds, 1),
        "tasks_per_second": round(n_tasks / seconds),
    }


def write(path: Path, form: str, size: int) -> int:
    """Write a file of about so many bytes, uncompressed, and return how many tasks it holds."""
    n_bytes = n_tasks = 0
    with path.open("wb") as stored, ExitStack() as stack:
        file: IO[bytes] = stored
        if form == "gz":
            file = stack.enter_context(gzip.open(stored, "wb", compresslevel=1))
        for text, n in pieces(form):
            n_bytes += file.write(text)
            n_tasks += n
            if n_bytes >= size and n:
                break
        if form in ("native", "gz"):
            file.write(b"]}")
    return n_tasks


def pieces(form: str) -> Iterator[tuple[bytes, int]]:
    """Yield the text of a file without end, each with the number of tasks in it."""
    if form == "promptfoo_jsonl":
        for row in run_results(run_head(0), run_tasks(0)):
            yield json.dumps(row).encode() + b"\n", 1
    elif form == "native_jsonl":
        for number in count():
            tasks = list(islice(run_tasks(number), LINE_TASKS))
            run: dict[str, Any] = {**run_head(number), "task_results": tasks}
            yield json.dumps(run).encode() + b"\n", LINE_TASKS
    else:
        yield json.dumps(run_head(0)).encode().removesuffix(b"}") + b', "task_results": [', 0
        for n, task in enumerate(run_tasks(0)):
            yield (b", " if n else b"") + json.dumps(task).encode(), 1


def ran(argv: list[str]) -> tuple[float, float]:
    """Run a benchmark that says its seconds; return its peak memory in megabytes, and them."""
    with subprocess.Popen([sys.executable, *argv], stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{argv} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_maxrss * unit / 1e6, float(said)


if __name__ == "__main__":
    main()
