"""Getting files in: how fast, and in how much memory."""

from __future__ import annotations

from collections.abc import Iterator

from measured import Goal, Line, Target, Unit
from timing import HERE, OPTIMIZER, PYTHON, Bench, peak_megabytes, script, seconds_said, turns

FILES, TASKS = 100, 2_000


def rates(bench: Bench) -> Iterator[Line]:
    """Rows per second of an ingest, against DuckDB's unchecked reader of the same files."""
    many, n_files = str(bench.folder / "many"), FILES // bench.share
    script("data.py", many, str(n_files), str(TASKS))
    for raw, limit, aim in (("reference", 0.8, 1.0), ("blob", 0.45, None)):

        def ours(raw: str = raw) -> float:
            return seconds_said("ours.py", "ingest", many, bench.fresh("a.duckdb"), raw)

        def reference() -> float:
            return seconds_said("reference.py", "ingest", many, bench.fresh("b.duckdb"))

        first, second = turns(ours, reference, bench.rounds)
        yield Line(
            name=f"ingest_{raw}",
            what=f"ingest {n_files} files of {TASKS:,} tasks, store.raw = {raw} / read_json",
            ours=first,
            reference=second,
            n=n_files * TASKS,
            target=Target(goal=Goal.RATE, limit=limit, aim=aim),
        )


def promptfoo(bench: Bench) -> Iterator[Line]:
    """Rows per second of reading promptfoo's JSON, against the native form of the same run."""
    n_tasks = 100_000 // bench.share
    for form in ("native", "promptfoo"):
        script("data.py", str(bench.folder / form), "1", str(n_tasks), form)

    def seconds(form: str) -> float:
        return seconds_said("ours.py", "read", str(bench.folder / form / "run-0000.json"))

    ours, reference = turns(lambda: seconds("promptfoo"), lambda: seconds("native"), bench.rounds)
    yield Line(
        name="read_promptfoo",
        what=f"read {n_tasks:,} tasks of promptfoo / of the native form",
        ours=ours,
        reference=reference,
        n=n_tasks,
        target=Target(goal=Goal.RATE, limit=0.4),
    )


def memory(bench: Bench) -> Iterator[Line]:
    """Peak memory of ingesting one large object, and one large file of lines."""
    cases = (
        ("one", FILES * TASKS, "native", "json", "one object", 700),
        ("lines", 700_000, "promptfoo_jsonl", "jsonl", "promptfoo JSONL", 400),
    )
    for name, n_tasks, form, ending, what, limit in cases:
        script("data.py", str(bench.folder / name), "1", str(n_tasks // bench.share), form)
        file = bench.folder / name / f"run-0000.{ending}"
        argv = [*OPTIMIZER, "ingest", str(file), "--store", bench.fresh(f"{name}.duckdb")]
        yield Line(
            name=f"memory_{name}",
            what=f"peak memory of ingest, {what} of {file.stat().st_size / 1e6:,.0f} MB",
            ours=(peak_megabytes(argv),),
            unit=Unit.MEGABYTES,
            target=Target(goal=Goal.FIGURE, limit=limit),
        )
        file.unlink()


def inspect_log(bench: Bench) -> Iterator[Line]:
    """Time and memory of a log whose samples are large, against reading all that is in it."""
    log, megabytes = str(bench.folder / "large.eval"), 250 // bench.share
    script("inspect_data.py", log, str(megabytes))
    ours, reference = turns(
        lambda: seconds_said("ours.py", "read", log),
        lambda: seconds_said("reference.py", "members", log),
        bench.rounds,
    )
    yield Line(
        name="read_inspect",
        what=f"head and summaries of an Inspect log of {megabytes} MB / all its members",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.0),
    )
    yield Line(
        name="memory_inspect",
        what="peak memory of the same",
        ours=(peak_megabytes([PYTHON, str(HERE / "ours.py"), "read", log]),),
        unit=Unit.MEGABYTES,
    )


def redaction(bench: Bench) -> Iterator[Line]:
    """Looking for secrets in a text made to be slow, against an honest one of the same size."""
    ours, reference = turns(
        lambda: seconds_said("ours.py", "redact", "hostile"),
        lambda: seconds_said("ours.py", "redact", "honest"),
        bench.rounds,
    )
    yield Line(
        name="redaction",
        what="secrets sought in 1 MB of hostile text / of honest text",
        ours=ours,
        reference=reference,
    )
