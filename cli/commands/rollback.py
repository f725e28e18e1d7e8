"""`optimizer rollback`: put back what was in force before a decision."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.session import session


def rollback(
    decision: Annotated[
        str | None,
        typer.Argument(metavar="[DECISION]", help="Decision id, the beginning of one, or latest."),
    ] = None,
    workflow: options.Workflow = None,
    to_initial: Annotated[
        bool,
        typer.Option("--to-initial", help="Put back what was in use before any decision."),
    ] = False,
    emit: options.Emit = None,
    patch: options.Patch = None,
    by: options.ByNow = None,
    why: options.Why = "",
    at: options.At = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Put back, byte for byte, what was in force before a decision.

    Example: optimizer rollback latest --why "complaints since noon"

    Example: optimizer rollback --workflow wf_001 --to-initial
    """
    from cli.deciding import show_moved, who, writing
    from optimizer.pipeline.lifecycle import lifecycle_of
    from optimizer.pipeline.rollbacks import roll_back, roll_back_to_initial

    is_one = decision is not None and workflow is None and not to_initial
    is_all = decision is None and workflow is not None and to_initial
    if not (is_one or is_all):
        raise typer.BadParameter("name one decision, or --workflow NAME --to-initial")
    here = session(store, config, set_)
    settings = lifecycle_of(here.loaded.config)
    person = who(here, by, why, at)
    with writing(here) as history:
        if decision is not None:
            moved = roll_back(history, decision, person, settings=settings)
        else:
            moved = roll_back_to_initial(history, workflow or "", person, settings=settings)
    show_moved(moved, json=json, outputs=output, emit=emit, patch=patch)
