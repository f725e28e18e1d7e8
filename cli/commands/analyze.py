"""`optimizer analyze`: what happened in a file of runs, and why it matters."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.reading import read_file, read_prompt
from cli.session import session
from optimizer.models.errors import SelectionError


def analyze(
    file: Annotated[str, typer.Argument(help="Result file, or - for standard input.")],
    prompt: options.Prompt = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Which run, if the file holds several.")
    ] = None,
    bridge: options.Bridge = None,
    trust: options.Trust = False,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Look at one result file: what happened, which rules fire, what to do. Stores nothing.

    Example: optimizer analyze run.json --prompt prompt.txt
    """
    from optimizer.pipeline.view import history_of, run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.run import run as run_report

    here = session(None, config, set_)
    settings = here.loaded.config
    reading = read_file(file, settings.ingest, bridge=bridge, trust=trust)
    run_id = chosen_run([found.header.run_id for found in reading.runs], run, file)
    with history_of([reading], here.now) as history:
        view = run_view(
            history,
            run_id,
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
    )
    show(document, view, json=json, outputs=output)


def chosen_run(run_ids: list[str], wanted: str | None, file: str) -> str:
    """Return the run that is meant among those of a file."""
    found = [run_id for run_id in run_ids if wanted is None or run_id.startswith(wanted)]
    if len(found) == 1 or wanted in found:
        return wanted if wanted in found and wanted is not None else found[0]
    raise SelectionError(
        f"{file}: {len(found)} runs are meant, expected one of {', '.join(run_ids[:10])}",
        hint="Choose one with --run.",
    )
