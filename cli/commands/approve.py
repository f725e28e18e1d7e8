"""`optimizer approve`: let a decision be applied."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.session import session


def approve(
    decision: options.Decided,
    by: options.By,
    why: options.Why = "",
    override: Annotated[
        list[str] | None,
        typer.Option("--override", help="A policy whose objection is set aside; repeatable."),
    ] = None,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Approve a decision: from now on it may be put in force.

    Example: optimizer approve latest --by ann --why "agrees with what users say"
    """
    from cli.deciding import show_moved, who, writing
    from optimizer.pipeline.lifecycle import approve as let

    here = session(store)
    with writing(here) as history:
        moved = let(history, decision, who(here, by, why), overrides=override or ())
    show_moved(moved, json=json, outputs=output)
