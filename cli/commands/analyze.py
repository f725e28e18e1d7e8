"""`optimizer analyze`: what happened in a file of runs, and why it matters."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.reading import chosen_run, read_prompt
from cli.session import session


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
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Look at one run: what happened, which rules fire, what to do. Stores nothing.

    Example: optimizer analyze run.json --prompt prompt.txt
    """
    from optimizer.pipeline.view import run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.run import run as run_report

    here = session(store, config, set_).reading(
        format=bridge,
        map=options.mapping(map_),
        table=table,
        score=score,
        pass_score=pass_score,
        price=price or prices is not None,
        prices=prices,
        trust_statistics=trust,
    )
    settings = here.loaded.config
    with chosen_run(file, here, run=run, outputs=output) as chosen:
        view = run_view(
            chosen.history,
            chosen.run_id,
            rules=ScoringRules.from_config(settings.scoring.model_dump()),
            level=settings.evidence.level,
            prompt=read_prompt(prompt),
        )
    document = run_report(
        view.total,
        [variant.summary for variant in view.variants],
        view.failures,
        [(v.summary.variant or "", v.explanation) for v in view.variants],
        view.warnings,
        scores=view.scores,
        grading=view.grading,
    )
    show(document, view, json=json, outputs=output)
