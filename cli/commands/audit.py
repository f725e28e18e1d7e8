"""`optimizer audit`: who did what, and whether the log still says so."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.session import session

LINES = 50


class Action(StrEnum):
    """What else can be done with the log than to show it."""

    VERIFY = "verify"


def audit(
    action: Annotated[
        Action | None,
        typer.Argument(
            metavar="verify",
            help="verify: check that no line was changed, moved or taken out. Default: show it.",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="Only lines on this decision, experiment or prompt."),
    ] = None,
    limit: options.Limit = LINES,
    store: options.Store = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show the audit log, newest last, or verify it.

    Exit code 1 if a line does not follow from the one before; the first one is named.

    Example: optimizer audit --limit 20

    Example: optimizer audit verify
    """
    from optimizer.history import queries
    from optimizer.history.audit import first_broken
    from optimizer.history.store import read_history
    from reports.gallery.audit import audit as audit_report
    from reports.gallery.audit import audit_check
    from reports.tables.decisions import audit_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        entries = queries.audit(history, subject=None if action else subject)
    if action is None:
        shown = entries[-limit:]
        document = audit_report(entries, limit)
        show(document, shown, json=json, outputs=output, tables=audit_tables(shown))
        return
    broken = first_broken(entries)
    payload = {"n_lines": len(entries), "first_broken": broken}
    document, tables = audit_check(entries, broken), audit_tables(entries)
    show(document, payload, json=json, outputs=output, tables=tables)
    if broken is not None:
        raise typer.Exit(1)
