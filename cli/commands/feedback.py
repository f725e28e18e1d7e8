"""`optimizer feedback`: what do users say of each variant?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def feedback(
    workflow: options.Workflow = None,
    run: Annotated[
        str | None,
        typer.Option("--run", "-r", help="Only this stored run: its id, latest, WORKFLOW:VARIANT."),
    ] = None,
    limit: options.Limit = 10,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show what users say of each variant, and whether the tests agree.

    Feedback comes in with 'optimizer ingest feedback FILE', before its run or any time after.

    Example: optimizer feedback --workflow wf_001
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.feedback import feedback_view
    from reports.gallery.feedback import feedback as feedback_report
    from reports.tables.stores import feedback_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = feedback_view(
            history,
            workflow_id=workflow,
            run=run,
            limit=limit,
            level=here.loaded.config.evidence.level,
        )
    tables = feedback_tables(found)
    show(feedback_report(found), found, json=json, outputs=output, tables=tables)
