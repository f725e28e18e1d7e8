"""`optimizer demo`: the product in a minute, on the sample runs that come with it."""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from cli.output import note


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the history and the report.")] = Path(
        "optimizer-demo"
    ),
) -> None:
    """Show the product on real sample runs: ingest, analyze, decide, gate, report.

    Example: optimizer demo
    """
    from cli.app import app

    store = str(folder / "history.duckdb")
    with resources.as_file(resources.files("sample_runs").joinpath("native")) as runs:
        few_shot = str(runs / "sentiment-few_shot.json")
        steps = (
            ["ingest", str(runs), "--store", store],
            ["runs", "--store", store],
            ["analyze", str(runs / "sentiment-clear.json")],
            ["gate", few_shot],
            ["decide", "--workflow", "sentiment", "--variant", "clear", "--store", store],
            [
                *("report", "--workflow", "sentiment", "--store", store),
                *("-o", str(folder / "report.html"), "-o", str(folder / "report.md")),
            ],
        )
        for step in steps:
            note(f"\n$ {shlex.join(['optimizer', *step])}")
            code = app(step, standalone_mode=False)
            if code:
                note(f"(exit code {code})")
    note(f"\nopen {folder / 'report.html'} in a browser; next: optimizer ingest YOUR_RUNS")
