"""`optimizer budget`: what was spent, and what may be."""

from __future__ import annotations

from cli import options
from cli.output import show
from cli.session import session


def status(
    as_of: options.AsOf = None,
    limit: options.Limit = 20,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show where each budget stands today, what a next day will spend, and what was spent.

    Example: optimizer budget status --as-of 2026-03-01
    """
    from optimizer.analysis.budgets import budget_status
    from optimizer.history.store import read_history
    from reports.gallery.budget import budget as budget_report
    from reports.tables.spending import budget_tables

    here = session(store, config, set_)
    at = options.utc("--as-of", as_of) or here.now
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = budget_status(history, here.loaded.config.budgets, at=at)
    document = budget_report(found, limit=limit)
    show(document, found, json=json, outputs=output, tables=budget_tables(found))
