"""`optimizer show`: one stored run."""

from __future__ import annotations

from typing import Annotated

from cli import options, output, typer
from cli.session import session


def show(
    run: Annotated[
        str,
        typer.Argument(
            help="Run id, the beginning of one, latest, branch:NAME or WORKFLOW:VARIANT."
        ),
    ],
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output_: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show one stored run: figures, failures, and how the rules come out.

    Example: optimizer show latest
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.select import select_run
    from optimizer.pipeline.view import run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.run import run as run_report
    from reports.tables.runs import variant_tables

    here = session(store, config, set_)
    settings = here.loaded.config
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        view = run_view(
            history,
            select_run(history, run),
            rules=ScoringRules.from_config(settings.scoring.model_dump()),
            level=settings.evidence.level,
        )
    figures = [variant.summary for variant in view.variants]
    document = run_report(
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
    output.show(document, view, json=json, outputs=output_, tables=tables)
