"""`optimizer apply`: put an approved decision in force at once."""

from __future__ import annotations

from cli import options
from cli.session import session


def apply(
    decision: options.Decided,
    emit: options.Emit = None,
    patch: options.Patch = None,
    by: options.ByNow = None,
    why: options.Why = "",
    at: options.At = None,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Record an approved decision as in force, and write what it asks.

    Nothing is done outside the history.

    Example: optimizer apply latest --emit commands.json --patch config-patch.json
    """
    from cli.deciding import show_moved, who, writing
    from optimizer.pipeline.lifecycle import apply as put_in_force

    here = session(store)
    with writing(here) as history:
        moved = put_in_force(history, decision, who(here, by, why, at))
    show_moved(moved, json=json, outputs=output, emit=emit, patch=patch)
