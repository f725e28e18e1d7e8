"""`optimizer explain`: a stored decision, with all it rests on."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.session import session


def explain(
    decision: Annotated[str, typer.Argument(help="Decision id, the beginning of one, or latest.")],
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Explain a stored decision: evidence, rules, what each strategy said, what was done.

    Example: optimizer explain latest
    """
    from optimizer.history import queries
    from optimizer.history.queries.lifecycle import outcome, rollouts
    from optimizer.history.store import read_history
    from optimizer.pipeline.select import select_decision
    from reports.gallery.decision import decision as decision_report

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = select_decision(history, decision)
        audit = queries.audit(history, subject=found.decision_id)
        rolled = [one.rollout for one in rollouts(history, decision_id=found.decision_id)]
        measured = outcome(history, found.decision_id)
    document = decision_report(found, audit, rolled[0] if rolled else None, measured)
    show(document, found, json=json, outputs=output)
