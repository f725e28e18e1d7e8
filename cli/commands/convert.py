"""`optimizer convert`: result files of other tools as the native JSON."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.ci.listeners import Spoken
from cli.output import note, write_out
from cli.reading.results import read_file
from cli.session import session
from cli.writing.native import native_files
from cli.writing.reports import write_pieces


def convert(
    file: Annotated[str, typer.Argument(help="Result file, or - for standard input.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A .json file for one run, a .jsonl file for several, or a folder (name it with "
            "a / at the end) for one file per run. Default: standard output, one run to a line.",
        ),
    ] = None,
    bridge: options.Bridge = None,
    map_: options.Map = None,
    table: options.Table = None,
    score: options.Score = None,
    pass_score: options.PassScore = None,
    price: options.Price = False,
    prices: options.Prices = None,
    trust: options.Trust = False,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
) -> None:
    """Write the runs of a result file as native JSON, whatever tool wrote them. Stores nothing.

    Reading the native file gives the same figures. Where it came from stays in its metadata.

    Example: optimizer convert results.eval -o run.json
    """
    from executor_bridge.converting import native_json

    here = session(None, config, set_).reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    reading = read_file(file, here)
    if output is None:
        for run in reading.runs:
            for piece in native_json(run, reading.source):
                write_out(piece.decode(), Spoken.JSON)
        return
    for path, runs in native_files(reading, output, source=file):
        write_pieces(path, (p for run in runs for p in native_json(run, reading.source)))
        tasks = sum(run.header.n_tasks for run in runs)
        note(f"{path}: {len(runs)} run{'s' * (len(runs) > 1)}, {tasks} task{'s' * (tasks > 1)}")
    for run in reading.runs:
        for warning in run.header.warnings:
            note(f"{run.header.run_id}: {warning}")
