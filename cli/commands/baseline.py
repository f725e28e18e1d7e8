"""`optimizer baseline`: what the candidates of a workflow are held against."""

from __future__ import annotations

from typing import Annotated

from cli import options, output, typer
from cli.ci.listeners import Spoken
from cli.payload import as_json
from cli.session import session

Run = Annotated[
    str,
    typer.Argument(
        help="A stored run: its id or the beginning of it, latest, branch:NAME, WORKFLOW:VARIANT."
    ),
]


def set_(
    run: Run,
    store: options.Store = None,
    output_: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Make a stored run the baseline of its workflow.

    Example: optimizer baseline set wf_001:v1
    """
    from optimizer.history.store import open_history
    from optimizer.pipeline.baselines import set_baseline
    from reports.gallery.baseline import baseline as baseline_report

    here = session(store)
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        made = set_baseline(history, run, actor=here.actor, now=here.now)
    output.show(baseline_report((made,)), made, json=json, outputs=output_)


def show(
    workflow: options.Workflow = None,
    store: options.Store = None,
    output_: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show the baseline of each workflow that has one.

    Example: optimizer baseline show
    """
    from optimizer.history import queries
    from optimizer.history.store import read_history
    from optimizer.pipeline.baselines import is_stored
    from optimizer.pipeline.workflow import require_workflow
    from reports.gallery.baseline import baseline as baseline_report

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = queries.baselines(history, workflow_id=workflow)
        if workflow is not None and not found:
            require_workflow(history, workflow)
        gone = [one.workflow_id for one in found if not is_stored(history, one)]
    output.show(baseline_report(found, gone), found, json=json, outputs=output_)


def clear(
    workflow: options.Workflow = None, store: options.Store = None, json: options.Json = False
) -> None:
    """Leave a workflow without a baseline.

    Example: optimizer baseline clear --workflow wf_001
    """
    from optimizer.history.store import open_history
    from optimizer.pipeline.baselines import clear_baseline

    here = session(store)
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        gone = clear_baseline(history, workflow, actor=here.actor, now=here.now)
    output.note(f"{gone.workflow_id}: has no baseline any more; it was {gone.run_id}")
    if json:
        output.write_out(as_json(gone), Spoken.JSON)
