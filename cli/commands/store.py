"""`optimizer store`: the history as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.ci.listeners import Spoken
from cli.output import note, show, write_out
from cli.payload import as_json
from cli.session import session
from cli.terminal.progress import stepping

KeepRuns = Annotated[
    int | None,
    typer.Option("--keep-runs", min=1, help="Keep the newest runs of each workflow, so many."),
]
KeepDays = Annotated[
    float | None, typer.Option("--keep-days", help="Keep the runs of the last days, so many.")
]
ExpirePayloads = Annotated[
    float | None,
    typer.Option(
        "--expire-payloads",
        help="Empty inputs, outputs, metadata and kept files of runs older than so many days.",
    ),
]


def compact(
    keep_runs: KeepRuns = None,
    keep_days: KeepDays = None,
    expire_payloads: ExpirePayloads = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")
    ] = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Write the history anew, in the order in which it is read and without what has expired.

    A run stays that a baseline, a decision, an experiment or a held-out test in force rests on.

    Example: optimizer store compact --keep-runs 50 --expire-payloads 90 --dry-run
    """
    from optimizer.history.compacting import Compaction, would_compact
    from optimizer.history.compacting import compact as compact_store
    from reports.gallery.compaction import compaction

    here = session(store, config, set_)
    said = {"keep_runs": keep_runs, "keep_days": keep_days, "payload_days": expire_payloads}
    with stepping("compact") as told:
        job = Compaction(
            store=here.store,
            settings=options.retention(here.loaded.config.store.retention, said),
            lock_timeout_s=here.lock_timeout_s,
            actor=here.actor,
            now=here.now,
            told=told,
        )
        done = would_compact(job) if dry_run else compact_store(job)
    show(compaction(done), done, json=json, outputs=output)


def rebuild(
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse where a file cannot be read again as it was."),
    ] = False,
    take_files: Annotated[
        bool,
        typer.Option("--take-files", help="Take a run from its file where that tells otherwise."),
    ] = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Make the runs of the history again from the files that they were read from.

    What people and the program said since is carried over.

    Example: optimizer store rebuild
    """
    from cli.reading.kept import read_kept
    from optimizer.history.rebuilding import RebuildJob
    from optimizer.history.rebuilding import rebuild as rebuild_store
    from reports.gallery.rebuild import rebuild as rebuild_report

    here = session(store, config, set_)
    with stepping("rebuild") as told:
        job = RebuildJob(
            store=here.store,
            settings=here.loaded.config.store,
            read=lambda source, content: read_kept(source, content, here),
            strict=strict,
            take_files=take_files,
            lock_timeout_s=here.lock_timeout_s,
            now=here.now,
            told=told,
        )
        done = rebuild_store(job)
    show(rebuild_report(done), done, json=json, outputs=output)


def export(
    target: Annotated[
        Path | None, typer.Argument(help="Folder, or archive whose name ends in .tar.")
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", help="Folder; texts are written whole as well, to be read."),
    ] = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Write every table of the history to Parquet files, with a manifest to import them by.

    Example: optimizer store export backup.tar

    Example: optimizer store export --parquet out/
    """
    from optimizer.history.export import export_parquet
    from optimizer.history.store import read_history

    here = session(store)
    place = options.either(target, parquet, "TARGET", "--parquet")
    with (
        read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history,
        stepping("export") as told,
    ):
        exported = export_parquet(
            history, place, now=here.now, whole_texts=parquet is not None, told=told
        )
    for written in exported:
        note(f"wrote {written.path}: {written.table}, {written.n_rows:,} rows")
    if json:
        write_out(as_json(exported), Spoken.JSON)


def import_(
    source: Annotated[Path, typer.Argument(help="What 'optimizer store export' wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is stored with other content.")
    ] = False,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Take an export into the history, all or nothing. Doing it again changes nothing.

    Example: optimizer store import backup.tar --store restored.duckdb
    """
    from optimizer.history.importing import ImportJob, import_store
    from reports.gallery.importing import importing

    here = session(store)
    with stepping("import") as told:
        job = ImportJob(
            source=source,
            store=here.store,
            replace=replace,
            lock_timeout_s=here.lock_timeout_s,
            actor=here.actor,
            now=here.now,
            told=told,
        )
        done = import_store(job)
    show(importing(done), done, json=json, outputs=output)


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
