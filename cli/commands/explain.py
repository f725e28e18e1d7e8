"""`optimizer explain`: a stored decision, with all it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def explain(
    decision: Annotated[
        str,
        typer.Argument(
            help="Decision id, the beginning of one, latest, or a file with one, as decision.json."
        ),
    ],
    store: options.Store = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Explain a stored decision: proposals, evidence, what was done.

    A file holds a decision with the names of the design documents.

    Example: optimizer explain latest
    """
    from optimizer.history import queries
    from optimizer.history.queries.lifecycle import outcome, rollouts
    from optimizer.history.store import read_history
    from optimizer.pipeline.select import select_decision
    from reports.gallery.decision import decision as decision_report
    from reports.tables.decisions import decision_tables

    if decision.endswith(".json"):
        _explain_file(Path(decision), output, json=json)
        return
    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = select_decision(history, decision)
        audit = queries.audit(history, subject=found.decision_id)
        rolled = [one.rollout for one in rollouts(history, decision_id=found.decision_id)]
        measured = outcome(history, found.decision_id)
    document = decision_report(found, audit, rolled[0] if rolled else None, measured)
    show(document, found, json=json, outputs=output, tables=decision_tables([found]))


def _explain_file(path: Path, output: list[Path] | None, *, json: bool) -> None:
    from optimizer.pipeline.published_decisions import read_decision
    from reports.gallery.published_decision import published_decision

    found = read_decision(path.read_bytes(), str(path))
    show(published_decision(found), found, json=json, outputs=output)
