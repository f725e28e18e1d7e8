"""`optimizer audit`: who did what, and whether the log still says so."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session

LINES = 50
TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]


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
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this one did.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=TIMES, help="Only lines from this time on."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=TIMES, help="Only lines up to this time."),
    ] = None,
    limit: options.Limit = LINES,
    store: options.Store = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show the audit log, newest last, or verify it.

    Either says first whether each line follows from the one before. Exit code of verify: 1 if one
    does not; the first is named.

    Example: optimizer audit --limit 20

    Example: optimizer audit --actor ann --since 2026-03-01 -o audit.html

    Example: optimizer audit verify
    """
    from optimizer.history import queries
    from optimizer.history.audit import first_broken
    from optimizer.history.store import read_history
    from optimizer.models.decisions import AuditChain, AuditCheck
    from reports.gallery.audit import audit as audit_report
    from reports.gallery.audit import audit_check
    from reports.tables.decisions import audit_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        whole = queries.audit(history)
        found = queries.audit(
            history,
            subject=subject,
            actor=actor,
            since=options.utc("--since", since),
            until=options.utc("--until", until),
        )
    broken = first_broken(whole)
    if action is None:
        chain = AuditChain(
            n_lines=len(whole),
            first_broken=broken,
            last_hash=whole[-1].hash if whole else None,
        )
        shown = found[-limit:]
        document = audit_report(found, limit, chain)
        show(document, shown, json=json, outputs=output, tables=audit_tables(shown))
        return
    if any((subject, actor, since, until)):
        raise typer.BadParameter("verify looks at every line: leave out what selects some")
    check = AuditCheck(n_lines=len(whole), first_broken=broken)
    document, tables = audit_check(whole, broken), audit_tables(whole)
    show(document, check, json=json, outputs=output, tables=tables)
    if broken is not None:
        raise typer.Exit(1)
