"""Print one table: how fast and how large, beside a reference measured in the same run.

    python benchmarks/run.py [--rounds 3] [--quick]

Ours and the reference take turns, and the ratio is taken pair by pair, so that a machine that
slows down meanwhile does not favour either. `--quick` takes a tenth of the data.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from optimizer.history.store import open_history

HERE = Path(__file__).parent
PYTHON = sys.executable
FILES, TASKS = 100, 2_000
BANDITS = ("lin_ucb", "thompson_sampling", "contextual_thompson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    what: str
    ours: str
    reference: str
    ratio: str
    target: str


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        lines = list(measured(Path(folder), options.rounds, share))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {options.rounds} rounds\n")
    show(lines)


def measured(folder: Path, rounds: int, share: int) -> Sequence[Line]:
    """Take every measurement."""
    n_files = FILES // share
    write("data.py", str(folder / "many"), str(n_files), str(TASKS))
    write("data.py", str(folder / "one"), "1", str(n_files * TASKS))
    return (
        ingest_line(folder, "reference", "0.55 x", rounds, n_files * TASKS),
        ingest_line(folder, "blob", "0.45 x", rounds, n_files * TASKS),
        promptfoo_line(folder, rounds, 100_000 // share),
        memory_line(folder),
        lines_memory_line(folder, 700_000 // share),
        *inspect_lines(folder, rounds, 250 // share),
        version_line(10 * rounds),
        decide_line(folder, rounds, 1_000_000 // share),
        evidence_line(folder, 10_000_000 // share),
        large_decide_line(folder, rounds, 10_000_000 // share),
        built_line(folder),
        decide_all_line(folder, 2_000 // share),
        *compare_lines(folder, rounds, 1_000_000 // share),
        verdict_line(rounds, 10_000 // share),
        *page_lines(rounds, 10_000 // share),
        redaction_line(rounds),
        prompt_line(rounds),
        lint_line(rounds, 1000 // share),
        suggestion_line(rounds, 20),
        suggestion_line(rounds, 100),
        *(bandit_line(name, rounds, 100_000 // share) for name in BANDITS),
    )


def ingest_line(folder: Path, raw: str, target: str, rounds: int, n_tasks: int) -> Line:
    """Rows per second of an ingest, against DuckDB's unchecked reader of the same files."""
    many = str(folder / "many")

    def ours() -> float:
        return seconds_said("ours.py", "ingest", many, fresh(folder, "a.duckdb"), raw)

    def reference() -> float:
        return seconds_said("reference.py", "ingest", many, fresh(folder, "b.duckdb"))

    pairs = [(ours(), reference()) for _ in range(rounds)]
    return Line(
        what=f"ingest {n_tasks:,} tasks, store.raw = {raw}",
        ours=f"{n_tasks / statistics.median(a for a, _ in pairs):,.0f} rows/s",
        reference=f"{n_tasks / statistics.median(b for _, b in pairs):,.0f} rows/s",
        ratio=f"{statistics.median(b / a for a, b in pairs):.2f} x",
        target=f">= {target}",
    )


def memory_line(folder: Path) -> Line:
    """Peak memory of ingesting one large object."""
    argv = ["ours.py", "ingest", str(folder / "one"), fresh(folder, "c.duckdb"), "blob"]
    peak = peak_megabytes([PYTHON, str(HERE / argv[0]), *argv[1:]])
    n_bytes = next((folder / "one").iterdir()).stat().st_size
    return Line(
        what=f"peak memory, one file of {n_bytes / 1e6:.0f} MB",
        ours=f"{peak:.0f} MB",
        reference="-",
        ratio="-",
        target="<= 750 MB",
    )


def promptfoo_line(folder: Path, rounds: int, n_tasks: int) -> Line:
    """Rows per second of reading promptfoo's JSON, against the native form of the same run."""
    for form in ("native", "promptfoo"):
        write("data.py", str(folder / form), "1", str(n_tasks), form)

    def seconds(form: str) -> float:
        return seconds_said("ours.py", "read", str(folder / form / "run-0000.json"))

    pairs = [(seconds("promptfoo"), seconds("native")) for _ in range(rounds)]
    return Line(
        what=f"read {n_tasks:,} tasks of promptfoo, against the native form",
        ours=f"{n_tasks / statistics.median(a for a, _ in pairs):,.0f} rows/s",
        reference=f"{n_tasks / statistics.median(b for _, b in pairs):,.0f} rows/s",
        ratio=f"{statistics.median(b / a for a, b in pairs):.2f} x",
        target=">= 0.4 x",
    )


def lines_memory_line(folder: Path, n_tasks: int) -> Line:
    """Peak memory of ingesting a large JSONL file of promptfoo."""
    write("data.py", str(folder / "lines"), "1", str(n_tasks), "promptfoo_jsonl")
    file = folder / "lines" / "run-0000.jsonl"
    argv = [PYTHON, "-m", "cli", "ingest", str(file), "--store", fresh(folder, "lines.duckdb")]
    return Line(
        what=f"peak memory, promptfoo JSONL of {file.stat().st_size / 1e6:.0f} MB",
        ours=f"{peak_megabytes(argv):.0f} MB",
        reference="-",
        ratio="-",
        target="<= 500 MB",
    )


def inspect_lines(folder: Path, rounds: int, megabytes: int) -> Sequence[Line]:
    """Time and memory of a log whose samples are large, against reading all that is in it."""
    log = str(folder / "large.eval")
    write("inspect_data.py", log, str(megabytes))
    pairs = [
        (seconds_said("ours.py", "read", log), seconds_said("reference.py", "members", log))
        for _ in range(rounds)
    ]
    peak = peak_megabytes([PYTHON, str(HERE / "ours.py"), "read", log])
    return (
        Line(
            what=f"head and summaries of an Inspect log of {megabytes} MB",
            ours=f"{statistics.median(a for a, _ in pairs):.2f} s",
            reference=f"{statistics.median(b for _, b in pairs):.2f} s",
            ratio=f"{statistics.median(a / b for a, b in pairs):.2f} x",
            target="-",
        ),
        Line(
            what="peak memory of the same",
            ours=f"{peak:.0f} MB",
            reference="-",
            ratio="-",
            target="-",
        ),
    )


def version_line(rounds: int) -> Line:
    """Start-up, against the bare interpreter."""
    return timed_line(
        "optimizer --version",
        [PYTHON, "-m", "cli", "--version"],
        [PYTHON, "-c", "pass"],
        rounds,
        "<= 2 x",
    )


def decide_line(folder: Path, rounds: int, n_tasks: int) -> Line:
    """A whole decision, against a script that runs one query on the same file."""
    store = folder / "million.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1000)
    return timed_line(
        f"decide --workflow, {n_tasks:,} tasks",
        [PYTHON, "-m", "cli", "decide", "--workflow", "wf_7", "--store", str(store)],
        [PYTHON, str(HERE / "reference.py"), "aggregate", str(store), "wf_7"],
        5 * rounds,
        "<= 2.5 x",
    )


def evidence_line(folder: Path, n_tasks: int) -> Line:
    """The evidence for one workflow out of many, in process."""
    store = folder / "large.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1000)
    taken = [seconds_said("ours.py", "evidence", str(store), "wf_7") for _ in range(5)]
    return Line(
        what=f"evidence of one workflow of 1,000, {n_tasks:,} tasks",
        ours=f"{1000 * statistics.median(taken):.0f} ms",
        reference="-",
        ratio="-",
        target="-",
    )


def large_decide_line(folder: Path, rounds: int, n_tasks: int) -> Line:
    """A whole decision on a large history, against a script that asks the same queries."""
    store = str(folder / "large.duckdb")
    return timed_line(
        f"decide --workflow, {n_tasks:,} tasks, against its bare queries",
        [PYTHON, "-m", "cli", "decide", "--workflow", "wf_7", "--store", store],
        [PYTHON, str(HERE / "reference.py"), "queries", store, "wf_8"],
        3 * rounds,
        "<= 2 x",
    )


def built_line(folder: Path) -> Line:
    """Decisions in process, on evidence of 2,000 tasks that is built and studied."""
    store = ingested(folder, "built", n_workflows=1, n_tasks=2_000 // 3)
    argv = [PYTHON, str(HERE / "ours.py"), "built", store, "wf_00000"]
    found = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    slowest = max(found["strategies"], key=lambda name: found["strategies"][name])
    return Line(
        what=f"decision on built evidence, p99; slowest strategy: {slowest}",
        ours=f"{found['p99']:.1f} ms; {found['strategies'][slowest]:.2f} ms",
        reference="-",
        ratio="-",
        target="< 10 ms; < 5 ms",
    )


def decide_all_line(folder: Path, n_workflows: int) -> Line:
    """Every workflow of a history, end to end."""
    store = ingested(folder, "every", n_workflows=n_workflows, n_tasks=50)
    argv = [PYTHON, "-m", "cli", "decide", "--all", "--store", store, "--json"]
    seconds = wall_seconds(argv)
    return Line(
        what=f"decide --all, {n_workflows:,} workflows of 3 variants and 150 tasks",
        ours=f"{n_workflows / seconds:,.0f} workflows/s",
        reference="-",
        ratio="-",
        target=">= 300/s",
    )


def ingested(folder: Path, name: str, *, n_workflows: int, n_tasks: int) -> str:
    """Return a history of made-up workflows, of so many tasks a variant."""
    file, store = folder / f"{name}.jsonl", fresh(folder, f"{name}.duckdb")
    write("workflow_data.py", str(file), str(n_workflows), str(n_tasks))
    argv = [PYTHON, "-m", "cli", "ingest", str(file), "--store", store]
    subprocess.run(argv, check=True, capture_output=True, cwd="/")
    return store


def compare_lines(folder: Path, rounds: int, n_tasks: int) -> Sequence[Line]:
    """A comparison of two variants with five repeats, against the bare GROUP BY it needs."""
    store = folder / "compared.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1)
    ours = [PYTHON, "-m", "cli", "compare", "wf_0:a", "wf_0:b", "--pool", "5"]
    ours += ["--store", str(store)]
    reference = [PYTHON, str(HERE / "reference.py"), "cases", str(store), "wf_0"]
    what = f"compare, {n_tasks:,} tasks: 2 variants, 5 repeats"
    quantile = [*ours, "--metric", "success,latency_p95"]
    taken = [wall_seconds(quantile) for _ in range(rounds)]
    return (
        timed_line(what, ours, reference, 3 * rounds, "<= 3 x"),
        Line(
            what="the same with the 95th percentile of latency",
            ours=f"{statistics.median(taken):.1f} s",
            reference="-",
            ratio="-",
            target="<= 10 s",
        ),
    )


def verdict_line(rounds: int, n_cases: int) -> Line:
    """The computation of a verdict on all metrics, in process."""
    taken = [seconds_said("ours.py", "verdict", str(n_cases)) for _ in range(rounds)]
    return Line(
        what=f"verdict on {n_cases:,} cases, all metrics, both quantiles of latency",
        ours=f"{statistics.median(taken):.2f} s",
        reference="-",
        ratio="-",
        target="about 1 s",
    )


def page_lines(rounds: int, n_cases: int) -> Sequence[Line]:
    """The page of a comparison with texts, against the same comparison without a page."""
    argv = [PYTHON, str(HERE / "report_size.py"), "--cases", str(n_cases), "--rounds", str(rounds)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    found = json.loads(said)
    seen = found["first_view_ms"]
    return (
        Line(
            what=f"page of a comparison of {n_cases:,} cases with texts: {found['bytes']:,} bytes",
            ours=f"{found['with_s']:.1f} s",
            reference=f"{found['without_s']:.1f} s",
            ratio=f"{found['ratio']:.1f} x",
            target="< 2 s more; < 3 MB",
        ),
        Line(
            what="first view of it in Chromium",
            ours="-" if seen is None else f"{seen:.0f} ms",
            reference="-",
            ratio="-",
            target="< 1000 ms",
        ),
    )


def redaction_line(rounds: int) -> Line:
    """Looking for secrets in a text made to be slow, against an honest one of the same size."""
    pairs = [
        (seconds_said("ours.py", "redact", "hostile"), seconds_said("ours.py", "redact", "honest"))
        for _ in range(rounds)
    ]
    return Line(
        what="secrets sought in 1 MB of hostile text, against honest text",
        ours=f"{1000 * statistics.median(a for a, _ in pairs):.0f} ms",
        reference=f"{1000 * statistics.median(b for _, b in pairs):.0f} ms",
        ratio=f"{statistics.median(a / b for a, b in pairs):.1f} x",
        target="-",
    )


def prompt_line(rounds: int) -> Line:
    """The check of a very long prompt."""
    taken = [seconds_said("ours.py", "check", "100000") for _ in range(rounds)]
    return Line(
        what="check of a prompt of 100,000 characters",
        ours=f"{1000 * statistics.median(taken):.0f} ms",
        reference="-",
        ratio="-",
        target="-",
    )


def lint_line(rounds: int, n_prompts: int) -> Line:
    """The linter on prompts of 20,000 characters, against a search for their words alone."""

    def each(script: str, what: str) -> float:
        return seconds_said(script, what, str(n_prompts)) / n_prompts

    pairs = [(each("ours.py", "lint"), each("reference.py", "words")) for _ in range(rounds)]
    return Line(
        what="lint of a prompt of 20,000 characters, against finding its words",
        ours=f"{1000 * statistics.median(a for a, _ in pairs):.2f} ms",
        reference=f"{1000 * statistics.median(b for _, b in pairs):.2f} ms",
        ratio=f"{statistics.median(a / b for a, b in pairs):.1f} x",
        target="<= 12 x",
    )


def suggestion_line(rounds: int, n_trials: int) -> Line:
    """The next setting of three parameters to try, a process fitted anew."""
    taken = [seconds_said("ours.py", "suggest", str(n_trials)) for _ in range(rounds)]
    return Line(
        what=f"next trial of three parameters after {n_trials}",
        ours=f"{1000 * statistics.median(taken):.0f} ms",
        reference="-",
        ratio="-",
        target="<= 100 ms",
    )


def bandit_line(algorithm: str, rounds: int, n_rounds: int) -> Line:
    """The time that a bandit takes to choose an arm and to learn what it earned."""
    taken = [seconds_said("ours.py", "bandit", algorithm, str(n_rounds)) for _ in range(rounds)]
    return Line(
        what=f"a round of {algorithm}, 10 arms, 16 features",
        ours=f"{1e6 * statistics.median(taken) / n_rounds:.1f} us",
        reference="-",
        ratio="-",
        target="-",
    )


def fill(store: Path, *, n_tasks: int, n_workflows: int) -> None:
    """Make a history of ten runs a workflow, in order of arrival, without reading any file."""
    n_runs = 10 * n_workflows
    started_at = "TIMESTAMP '2026-01-01' + to_minutes(CAST(run AS INTEGER))"
    with open_history(store, lock_timeout_s=1, now=datetime.now(UTC)) as history:
        run = history.connection.execute
        run(
            f"""INSERT INTO runs BY NAME
            SELECT 'r' || run AS run_id, 'wf_' || run % {n_workflows} AS workflow_id,
                {started_at} AS started_at, {started_at} AS finished_at, 1 AS duration_s,
                '' AS content_sha256, '' AS source_sha256, 1 AS place, 'native' AS tool,
                true AS pairable, '[]' AS warnings, '{{}}' AS metadata,
                {started_at} AS ingested_at
            FROM range({n_runs}) AS r(run)"""
        )
        run("INSERT INTO variants (variant_id, label) VALUES ('v0', 'a'), ('v1', 'b')")
        run(
            f"""INSERT INTO tasks BY NAME
            SELECT 'r' || run AS run_id, 'wf_' || run % {n_workflows} AS workflow_id,
                place AS position, 't' || place AS task_id, 'c' || place AS case_id,
                'given' AS case_source, 'v' || (run // {n_workflows}) % 2 AS variant_id,
                CASE WHEN (run // {n_workflows}) % 2 = 0 THEN 'a' ELSE 'b' END AS variant,
                'normal' AS scenario,
                CASE WHEN hash(run, place) % 10 < 8 THEN 'succeeded' ELSE 'failed' END AS status,
                hash(place, run) % 2000 AS latency_ms, hash(run + place) % 900 AS tokens,
                0.001 AS cost_usd, 1 AS attempts, {started_at} AS created_at
            FROM (
                SELECT n * {n_runs} // {n_tasks} AS run, n % ({n_tasks} // {n_runs}) AS place
                FROM range({n_tasks}) AS t(n)
            )"""
        )
        run(f"INSERT INTO reports BY NAME SELECT * EXCLUDE (percentiles_ms) FROM ({report_rows()})")


def report_rows() -> str:
    """Return the statement that makes reports, over all tasks."""
    counts = {
        "count(*)": ("n_tasks", "n_completed", "n_latency", "n_cost", "n_tokens"),
        "count(DISTINCT variant_id)": ("n_variants",),
        "count(DISTINCT case_id)": ("n_cases",),
        "count(*) FILTER (status = 'succeeded')": ("n_succeeded",),
        "count(*) FILTER (status = 'failed')": ("n_failed", "n_unclassified_failures"),
        "0": (
            "n_timeout",
            "n_error",
            "n_cancelled",
            "n_scored",
            "n_retries",
            "n_timeout_failures",
            "n_api_failures",
            "n_validation_failures",
            "n_llm_failures",
        ),
    }
    columns = ", ".join(f"{count} AS {name}" for count, names in counts.items() for name in names)
    return (
        f"SELECT run_id, variant_id, min(variant) AS variant, {columns} "
        "FROM tasks GROUP BY GROUPING SETS ((run_id), (run_id, variant_id))"
    )


def timed_line(
    what: str, ours: Sequence[str], reference: Sequence[str], rounds: int, target: str
) -> Line:
    """Time two commands in turn, as whole processes."""
    pairs = [(wall_seconds(ours), wall_seconds(reference)) for _ in range(rounds + 1)][1:]
    return Line(
        what=what,
        ours=f"{1000 * statistics.median(a for a, _ in pairs):.0f} ms",
        reference=f"{1000 * statistics.median(b for _, b in pairs):.0f} ms",
        ratio=f"{statistics.median(a / b for a, b in pairs):.2f} x",
        target=target,
    )


def wall_seconds(argv: Sequence[str]) -> float:
    """Run a command and return how long it took."""
    start = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, cwd="/")
    return time.perf_counter() - start


def write(script: str, *args: str) -> None:
    """Run a script apart: the memory that it takes would count for whoever is started next."""
    subprocess.run([PYTHON, str(HERE / script), *args], check=True)


def seconds_said(script: str, *args: str) -> float:
    """Run a script of this folder and return the seconds that it prints."""
    argv = [PYTHON, str(HERE / script), *args]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return float(done.stdout)


def peak_megabytes(argv: Sequence[str]) -> float:
    """Run a command alone and return its peak memory."""
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{argv} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6


def fresh(folder: Path, name: str) -> str:
    """Return the path of a database that does not exist yet."""
    for path in (folder / name, folder / f"{name}.wal"):
        path.unlink(missing_ok=True)
    return str(folder / name)


def show(lines: Sequence[Line]) -> None:
    """Print the lines as a table."""
    rows = [("what", "ours", "reference", "ratio", "target")]
    rows += [(line.what, line.ours, line.reference, line.ratio, line.target) for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *numbers]))


if __name__ == "__main__":
    main()
