"""Finding what a user means by a short name."""

from __future__ import annotations

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.decisions import Decision
from optimizer.models.errors import SelectionError
from optimizer.models.nearest import meant

LATEST = "latest"
BRANCH = "branch"
MOST_NAMES = 1000
"""Newest runs among which the one is looked for that was meant."""

SHOWN = 5
"""How many candidates an ambiguous name lists."""


def select_run(history: History, selector: str) -> str:
    """Return the id of the run that a selector means.

    A selector is `latest`, `branch:NAME` or `WORKFLOW:VARIANT` for the newest such run, a run id,
    or the beginning of one.

    Raises:
        SelectionError: It means no run, or more than one.
    """
    found = queries.run_ids(history, prefix=selector)
    if selector in found or len(found) == 1:
        return selector if selector in found else found[0]
    if found:
        raise SelectionError(
            f"run {selector!r}: {len(found)} runs begin with it: {', '.join(found[:SHOWN])}",
            hint="Give more of the id.",
        )
    newest = _newest_run(history, selector)
    if newest is None:
        raise SelectionError(
            f"run {selector!r}: not in this history",
            hint=meant(selector, run_names(history), "See 'optimizer runs'."),
        )
    return newest


def _newest_run(history: History, selector: str) -> str | None:
    """Return the newest run that a selector describes, or None where there is none."""
    if selector == LATEST:
        return queries.newest_run(history)
    kind, colon, name = selector.partition(":")
    if not colon:
        return None
    if kind == BRANCH:
        return queries.newest_run(history, branch=name)
    workflow_id, _, variant = selector.rpartition(":")
    return queries.newest_run(history, workflow_id=workflow_id, variant=variant)


def run_names(history: History) -> list[str]:
    """Return what runs can be called, the newest first: ids, and what stands for the newest."""
    found = queries.runs(history, limit=MOST_NAMES)
    named = [f"{run.workflow_id}:{run.variant}" for run in found if run.variant]
    return [LATEST, *(run.run_id for run in found), *dict.fromkeys(named)]


def select_decision(history: History, selector: str) -> Decision:
    """Return the decision that a selector means.

    A selector is `latest`, a decision id, or the beginning of one.

    Raises:
        SelectionError: It means no decision, or more than one.
    """
    if selector == LATEST:
        newest = queries.decisions(history, limit=1)
        if not newest:
            raise SelectionError(
                "latest: the history holds no decision",
                hint="Decide on every workflow with 'optimizer decide --all'.",
            )
        return newest[0]
    found = queries.decisions(history, prefix=selector, limit=SHOWN)
    if len(found) == 1:
        return found[0]
    if not found:
        raise SelectionError(
            f"decision {selector!r}: not in this history", hint="See 'optimizer report'."
        )
    ids = ", ".join(decision.decision_id for decision in found)
    raise SelectionError(
        f"decision {selector!r}: several begin with it: {ids}", hint="Give more of the id."
    )
