"""`optimizer runs`: the stored runs, newest first."""

from __future__ import annotations

from cli import options
from cli.output import show
from cli.session import session


def runs(
    workflow: options.Workflow = None,
    limit: options.Limit = 50,
    store: options.Store = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """List the stored runs, newest first.

    Example: optimizer runs --workflow wf_001
    """
    from optimizer.history import queries
    from optimizer.history.store import read_history
    from optimizer.pipeline.workflow import require_workflow
    from reports.gallery.run_list import run_list
    from reports.tables.runs import run_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        if workflow is not None:
            require_workflow(history, workflow)
        found = queries.runs(history, workflow_id=workflow, limit=limit)
    show(run_list(found), found, json=json, outputs=output, tables=run_tables(found))
