"""`optimizer demo`: the product in a minute, on the sample runs that come with it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.output import note


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the history and the report.")] = Path(
        "optimizer-demo"
    ),
) -> None:
    """Show the product on real sample runs: ingest, analyze, gate, compare, decide, report.

    Example: optimizer demo
    """
    import sample_runs
    from cli.app import app

    store = str(folder / "history.duckdb")
    runs = next(path for place in sample_runs.__path__ if (path := Path(place) / "native").is_dir())
    decide = ("decide", "--workflow", "sentiment", "--variant", "clear", "--store", store)
    report = ("report", "--workflow", "sentiment", "--store", store)
    outputs = ("-o", str(folder / "report.html"), "-o", str(folder / "report.md"))
    for step in (
        ("ingest", str(runs), "--store", store),
        ("runs", "--store", store),
        ("analyze", str(runs / "sentiment-clear.json")),
        ("gate", str(runs / "sentiment-few_shot.json")),
        ("compare", str(runs / "sentiment-clear.json"), str(runs / "sentiment-few_shot.json")),
        decide,
        (*report, *outputs),
    ):
        note(f"\n$ {shlex.join(['optimizer', *step])}")
        code = app(step, standalone_mode=False)
        if code:
            note(f"(exit code {code})")
    note(f"\nopen {folder / 'report.html'} in a browser; next: optimizer ingest YOUR_RUNS")
