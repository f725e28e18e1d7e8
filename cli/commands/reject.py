"""`optimizer reject`: keep a decision from ever being applied."""

from __future__ import annotations

from cli import options
from cli.session import session


def reject(
    decision: options.Decided,
    by: options.By,
    why: options.Why,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Reject a decision: it is never applied.

    Example: optimizer reject latest --by ann --why "the suite lacks long inputs"
    """
    from cli.deciding import show_moved, who, writing
    from optimizer.pipeline.lifecycle import reject as refuse

    here = session(store)
    with writing(here) as history:
        moved = refuse(history, decision, who(here, by, why))
    show_moved(moved, json=json, outputs=output)
