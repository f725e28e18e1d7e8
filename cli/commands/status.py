"""`optimizer status`: what the history holds."""

from __future__ import annotations

from cli import options
from cli.output import show
from cli.session import session


def status(
    store: options.Store = None, output: options.TableOutputs = None, json: options.Json = False
) -> None:
    """Show what the history holds: workflows, runs, files that were refused.

    Example: optimizer status
    """
    from optimizer.history import queries
    from optimizer.history.queries.lifecycle import decision_statistics
    from optimizer.history.size import size_of
    from optimizer.history.store import SCHEMA_VERSION, read_history
    from optimizer.models.stores import StoreStatus
    from reports.gallery.status import status as status_report
    from reports.tables.stores import status_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        workflows = queries.workflows(history)
        rejects = queries.rejects(history, limit=20)
        decisions = decision_statistics(history)
    n_bytes = size_of(here.store)
    document = status_report(
        str(here.store), n_bytes, SCHEMA_VERSION, workflows, rejects, decisions
    )
    found = StoreStatus(
        store=here.store,
        n_bytes=n_bytes,
        schema_version=SCHEMA_VERSION,
        workflows=tuple(workflows),
        rejects=tuple(rejects),
        decisions=decisions,
    )
    show(document, found, json=json, outputs=output, tables=status_tables(found))
