"""Options that several commands share, each declared once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import known_gate_suffixes, known_suffixes

FileOrRun = Annotated[
    str,
    typer.Argument(
        help="Result file, - for standard input, or a stored run: its id or the beginning of "
        "it, latest, branch:NAME, WORKFLOW:VARIANT."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        envvar="OPTIMIZER_STORE",
        help="History file. Default: .optimizer/history.duckdb here or in a folder above.",
    ),
]
ConfigFiles = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="Settings file, in place of the one found; repeatable."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, as scoring.min_success_rate=0.9; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        callback=known_suffixes,
        help="Also write it to a file: .html, .md, .txt or .json; repeatable.",
    ),
]
GateOutputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        callback=known_gate_suffixes,
        help="Also write it to a file: .html, .md, .txt, .json or .junit.xml; repeatable.",
    ),
]
Bridge = Annotated[
    str | None, typer.Option("--from", help="Name of the files' format; see 'optimizer formats'.")
]
Trust = Annotated[
    bool,
    typer.Option("--trust-statistics", help="Accept statistics that contradict the tasks."),
]
Workflow = Annotated[str | None, typer.Option("--workflow", "-w", help="Only this workflow.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"],
        help="See nothing that ended later than this time (UTC unless it says).",
    ),
]
Prompt = Annotated[
    Path | None,
    typer.Option("--prompt", help="File with the text of the prompt, to check it as well."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Let the plain figures decide, however few tests.")
]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="Show no more than these.")
]
