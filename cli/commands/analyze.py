"""`optimizer analyze`: what happened in a file of runs, and why it matters."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.cases import text_limits
from cli.output import show
from cli.reading.results import Chosen, chosen_runs, read_prompt
from cli.session import session
from cli.writing.reports import write_reports


def analyze(
    file: options.FileOrRun,
    prompt: options.Prompt = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Which run, if the file holds several.")
    ] = None,
    bridge: options.Bridge = None,
    map_: options.Map = None,
    table: options.Table = None,
    score: options.Score = None,
    pass_score: options.PassScore = None,
    price: options.Price = False,
    prices: options.Prices = None,
    trust: options.Trust = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    cases: options.Cases = False,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Look at one run: what happened, which rules fire, what to do. Stores nothing.

    Of a file that holds several runs, all are listed; --run chooses one.

    Example: optimizer analyze run.json --prompt prompt.txt
    """
    from optimizer.pipeline.view import run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.run import run as run_report
    from reports.tables.runs import variant_tables

    here = session(store, config, set_).reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    settings = here.loaded.config
    wanted = text_limits(output, shown=cases)
    with chosen_runs(file, here, run=run, outputs=output, texts=wanted is not None) as chosen:
        if len(chosen.run_ids) > 1:
            _show_all(chosen, file, json=json, outputs=output)
            return
        view = run_view(
            chosen.history,
            chosen.run_ids[0],
            rules=ScoringRules.from_config(settings.scoring.model_dump()),
            level=settings.evidence.level,
            prompt=read_prompt(prompt),
            texts=wanted,
        )
    figures = [variant.summary for variant in view.variants]
    lay_out = partial(
        run_report,
        view.total,
        figures,
        view.failures,
        [(v.summary.variant or "", v.explanation) for v in view.variants],
        view.warnings,
        scores=view.scores,
        grading=view.grading,
        spreads=view.spreads,
    )
    tables = variant_tables(figures, view.failures, view.scores)
    write_reports(output or (), lay_out(cases=view.cases), view, tables)
    show(lay_out(cases=view.cases if cases else None), view, json=json)


def _show_all(chosen: Chosen, file: str, *, json: bool, outputs: list[Path] | None) -> None:
    """List the runs of a file that holds several."""
    from optimizer.history import queries
    from reports.gallery.run_list import runs_of_file
    from reports.tables.runs import run_tables

    stored = queries.runs(chosen.history, workflow_id=None, limit=len(chosen.run_ids))
    found = sorted(stored, key=lambda run: chosen.run_ids.index(run.run_id))
    warnings = {run_id: queries.run_warnings(chosen.history, run_id) for run_id in chosen.run_ids}
    document = runs_of_file(found, warnings, file)
    show(document, found, json=json, outputs=outputs, tables=run_tables(found))
