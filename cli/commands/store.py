"""`optimizer store`: the history as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.ci.listeners import Spoken
from cli.output import note, write_out
from cli.payload import as_json
from cli.session import session
from cli.terminal.progress import stepping


def export(
    parquet: Annotated[Path, typer.Option("--parquet", help="Folder for the Parquet files.")],
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Write every table of the history to a Parquet file.

    Example: optimizer store export --parquet out/
    """
    from optimizer.history.export import export_parquet
    from optimizer.history.store import read_history

    here = session(store)
    with (
        read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history,
        stepping("export") as told,
    ):
        exported = export_parquet(history, parquet, told=told)
    for written in exported:
        note(f"wrote {written.path}: {written.n_rows:,} rows")
    if json:
        write_out(as_json(exported), Spoken.JSON)


def migrate(store: options.Store = None, json: options.Json = False) -> None:
    """Bring an older history up to the schema of this program.

    Example: optimizer store migrate
    """
    from optimizer.history.migrate import migrate as migrate_store
    from optimizer.models.stores import StoreMigrated

    here = session(store)
    steps = migrate_store(
        here.store, lock_timeout_s=here.lock_timeout_s, actor=here.actor, now=here.now
    )
    note(
        f"{here.store}: applied migrations {', '.join(map(str, steps))}"
        if steps
        else f"{here.store}: up to date"
    )
    if json:
        write_out(as_json(StoreMigrated(store=here.store, steps=steps)), Spoken.JSON)
