"""`optimizer report`: the history of a workflow as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.session import session


def report(
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="The workflow.")],
    limit: options.Limit = 200,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Report on a workflow: its runs over time, its variants, its last decision.

    Example: optimizer report --workflow wf_001 -o out.html -o out.md
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.workflow import workflow_view
    from reports.gallery.workflow import workflow as workflow_report
    from reports.tables.runs import workflow_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        view = workflow_view(history, workflow, here.loaded.config.evidence, limit=limit)
    document = workflow_report(view.summary, view.runs, view.windows, view.decision)
    tables = workflow_tables(view.runs, view.windows)
    show(document, view, json=json, outputs=output, tables=tables)
