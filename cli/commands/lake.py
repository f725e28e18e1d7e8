"""`optimizer lake`: runs that many jobs publish, read as one history."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.output import show
from cli.session import Session, session

if TYPE_CHECKING:
    from optimizer.pipeline.publishing import PublishJob


def publish(
    lake: options.Lake,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Result files, folders, patterns, or - for standard input."),
    ] = None,
    from_store: Annotated[
        bool,
        typer.Option(
            "--from-store", help="Publish the runs and decisions of the history that it lacks."
        ),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put runs in the place of those with other content."),
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", "-k", help="Publish the good files, report the bad.")
    ] = False,
    bridge: options.Bridge = None,
    map_: options.Map = None,
    table: options.Table = None,
    score: options.Score = None,
    pass_score: options.PassScore = None,
    price: options.Price = False,
    prices: options.Prices = None,
    trust: options.Trust = False,
    no_ci: options.NoCi = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Publish result files into a lake. Doing it again changes nothing.

    Any number of jobs may publish at once. Exit code 2 if a file could not be published.

    Example: optimizer lake publish runs/ --lake lake/
    """
    from optimizer.pipeline.publishing import PublishJob

    here = session(store, config, set_).reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    if from_store == bool(files):
        raise typer.BadParameter("expected files, or --from-store", param_hint="FILES")
    job = PublishJob(
        lake=str(lake),
        settings=here.loaded.config.store,
        replace=replace,
        keep_going=keep_going,
        actor=here.actor,
        now=here.now,
    )
    if from_store:
        _publish_store(here, job, output, json=json)
    else:
        _publish_files(files or [], here, job, output, no_ci=no_ci, json=json)


def compact(
    lake: options.Lake,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Merge the files of each day, and remove what nobody reads any more.

    Readers and publishers may be at work meanwhile.

    Example: optimizer lake compact --lake lake/
    """
    from cli.terminal.progress import stepping
    from optimizer.history.lakes.compacting import compact as compact_lake
    from reports.gallery.lake_compaction import lake_compaction

    here = session(None, config, set_)
    with stepping("compact") as told:
        done = compact_lake(lake, here.loaded.config.lake, now=here.now, told=told)
    show(lake_compaction(done), done, json=json, outputs=output)


def query(
    lake: options.Lake,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A query of the program, as runs or workflows."),
    ] = None,
    sql: Annotated[
        str | None, typer.Option("--sql", help="A SELECT of your own on the tables of a history.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", help="A parameter of the query, as workflow_id=wf; repeatable."),
    ] = None,
    since: options.LakeSince = None,
    until: options.LakeUntil = None,
    engine: options.Engine = options.EngineName.DUCKDB,
    master: options.Master = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Ask a question of a lake: one of the program's own, or SQL.

    Example: optimizer lake query runs --param limit=5 --lake lake/
    """
    from cli.engines import opened_lake
    from optimizer.history.lake import Days
    from optimizer.history.lakes.querying import ask, bound, named_query, require_reading
    from reports.gallery.lake_answer import lake_answer
    from reports.tables.lakes import answer_tables

    session(None, config, set_)
    if (name is None) == (sql is None):
        raise typer.BadParameter("expected the name of a query, or --sql", param_hint="NAME")
    text = named_query(name) if name is not None else sql or ""
    said = options.pairs("--param", param)
    days = Days(since=options.utc_day(since), until=options.utc_day(until))
    with opened_lake(lake, days, engine, master) as history:
        require_reading(history, text)
        found = ask(history, text, bound(text, said))
    show(
        lake_answer(found, question=name or "of your own"),
        found,
        json=json,
        outputs=output,
        tables=answer_tables(found),
    )


def status(
    lake: options.Lake,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show what a lake holds, and what there is to tidy.

    Example: optimizer lake status --lake lake/
    """
    from optimizer.history.lakes.status import lake_status
    from reports.gallery.lake_status import lake_status as status_report

    session(None, config, set_)
    found = lake_status(lake)
    show(status_report(found), found, json=json, outputs=output)


def _publish_store(
    here: Session, job: PublishJob, output: options.TableOutputs, *, json: bool
) -> None:
    from cli.terminal.progress import stepping
    from optimizer.pipeline.publishing import publish_store
    from reports.gallery.store_published import store_published
    from reports.tables.lakes import published_tables

    with stepping("publish") as told:
        done = publish_store(here.store, job, told=told)
    show(store_published(done), done, json=json, outputs=output, tables=published_tables(done))
    if done.conflicts:
        raise typer.Exit(2)


def _publish_files(
    files: Sequence[str],
    here: Session,
    job: PublishJob,
    output: options.TableOutputs,
    *,
    no_ci: bool,
    json: bool,
) -> None:
    from cli.ci.environment import ci_job
    from cli.reading.results import read_file
    from cli.reading.sought import sought, tell_left_out
    from cli.terminal.progress import ingesting
    from optimizer.models.ci import with_job
    from optimizer.models.ingest import FileStatus
    from optimizer.pipeline.publishing import publish as publish_files
    from reports.gallery.ingest import publish as publish_report
    from reports.tables.stores import file_tables

    use_ci = here.loaded.config.ingest.ci and not no_ci
    job_of_ci = ci_job(os.environ) if use_ci else None
    given = sought(files, keep_going=job.keep_going)
    with ingesting(given.paths) as told:
        job = dataclasses.replace(job, optional=given.optional, told=told)
        published = publish_files(
            given.paths, lambda path: with_job(read_file(path, here), job_of_ci), job
        )
        outcomes = [*given.missing, *published]
    is_empty = tell_left_out(outcomes)
    n_not_reached = len(given.paths) + len(given.missing) - len(outcomes)
    document = publish_report(outcomes, n_not_reached=n_not_reached)
    show(document, outcomes, json=json, outputs=output, tables=file_tables(outcomes))
    if is_empty or any(outcome.status is FileStatus.REJECTED for outcome in outcomes):
        raise typer.Exit(2)
