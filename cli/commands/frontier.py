"""`optimizer frontier`: which variants does nothing else beat?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def frontier(
    workflow: Annotated[
        str, typer.Option("--workflow", "-w", help="The workflow.", show_default=False)
    ],
    variant: Annotated[
        str | None,
        typer.Option("--variant", help="Variant in use. Default: that of the newest run."),
    ] = None,
    limit: options.Limit = 50,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show which variants nothing else beats in quality, price and time.

    Example: optimizer frontier --workflow wf_001
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.frontier import frontier as of_workflow
    from reports.gallery.frontier import frontier as frontier_report
    from reports.tables.frontier import frontier_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = of_workflow(history, workflow, variant=variant, config=here.loaded.config)
    document = frontier_report(found, limit=limit)
    show(document, found, json=json, outputs=output, tables=frontier_tables(found))
