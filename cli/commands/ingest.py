"""`optimizer ingest`: store result files in the history."""

from __future__ import annotations

import os
from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.reading.results import read_file
from cli.reading.sought import sought, tell_left_out
from cli.session import Session, session
from cli.terminal.progress import ingesting


def ingest(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Result files, folders, patterns, or - for standard input; with the word feedback "
            "before them files of what users said."
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace runs that are stored with other content.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", "-k", help="Store the good files, report the bad.")
    ] = False,
    bridge: options.Bridge = None,
    map_: options.Map = None,
    table: options.Table = None,
    score: options.Score = None,
    pass_score: options.PassScore = None,
    price: options.Price = False,
    prices: options.Prices = None,
    trust: options.Trust = False,
    rating_scale: options.RatingScale = None,
    strict: options.StrictRows = False,
    no_ci: options.NoCi = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Store result files in the history. Doing it again changes nothing.

    Each file is stored whole or not at all. Exit code 2 if a file could not be stored.

    Example: optimizer ingest runs/ more/*.json.gz

    Example: optimizer ingest feedback thumbs.jsonl ratings.csv
    """
    from cli.ci.environment import ci_job
    from cli.commands.ingest_feedback import ingest_feedback, is_feedback, refuse
    from optimizer.history.store import refuse_lake
    from optimizer.models.ci import with_job
    from optimizer.models.ingest import FileStatus
    from optimizer.pipeline.ingest import IngestJob
    from optimizer.pipeline.ingest import ingest as ingest_files
    from reports.gallery.ingest import ingest as ingest_report
    from reports.tables.stores import file_tables

    here = session(store, config, set_)
    refuse_lake(here.store)
    if is_feedback(files):
        refuse(
            {"--from": bridge, "--map": map_, "--table": table, "--score": score, "--price": price},
            "files of runs",
        )
        ingest_feedback(
            files[1:],
            here,
            rating_scale=rating_scale,
            replace=replace,
            strict=strict,
            outputs=output,
            json=json,
        )
        return
    refuse({"--rating-scale": rating_scale, "--strict": strict}, "files of feedback")
    here = here.reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    settings = here.loaded.config
    job_of_ci = ci_job(os.environ) if settings.ingest.ci and not no_ci else None
    given = sought(files, keep_going=keep_going)
    with ingesting(given.paths) as told:
        job = IngestJob(
            store=here.store,
            settings=settings.store,
            replace=replace,
            keep_going=keep_going,
            actor=here.actor,
            now=here.now,
            optional=given.optional,
            told=told,
        )
        stored = ingest_files(
            given.paths, lambda path: with_job(read_file(path, here), job_of_ci), job
        )
        outcomes = [*given.missing, *stored]
    is_empty = tell_left_out(outcomes)
    is_rolling_out = any(one.status is FileStatus.STORED for one in outcomes) and _is_rolling_out(
        here
    )
    document = ingest_report(
        outcomes,
        is_rolling_out=is_rolling_out,
        n_not_reached=len(given.paths) + len(given.missing) - len(outcomes),
    )
    show(document, outcomes, json=json, outputs=output, tables=file_tables(outcomes))
    if is_empty or any(outcome.status is FileStatus.REJECTED for outcome in outcomes):
        raise typer.Exit(2)


def _is_rolling_out(here: Session) -> bool:
    """Return whether a rollout is running, which the new runs may move."""
    from optimizer.history.queries.lifecycle import rollouts
    from optimizer.history.store import read_history
    from optimizer.models.errors import HistoryError
    from optimizer.models.lifecycle import RolloutStatus

    try:
        with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
            found = rollouts(history)
    except HistoryError:  # another process has it open: what was asked for is done
        return False
    return any(one.rollout.status is RolloutStatus.RUNNING for one in found)
