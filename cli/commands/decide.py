"""`optimizer decide`: ask the strategies, store and explain what they say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import complain, show
from cli.session import session
from cli.terminal.progress import deciding

if TYPE_CHECKING:
    from pathlib import Path

    from cli.session import Session
    from optimizer.models.decisions import Decision, Made


def decide(
    workflow: options.Workflow = None,
    all_: Annotated[bool, typer.Option("--all", help="Decide on every workflow.")] = False,
    variant: Annotated[
        str | None,
        typer.Option("--variant", help="Variant in use. Default: that of the newest run."),
    ] = None,
    as_of: options.AsOf = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", help="Ask only this strategy; repeatable."),
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at a strategy that fails.")
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=0, max=1024, help="Processes that share the work of --all; 0: one a core."
        ),
    ] = 0,
    emit: options.Emit = None,
    engine: options.Engine = options.EngineName.DUCKDB,
    master: options.Master = None,
    lake: options.OptionalLake = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Decide on a workflow from its stored runs, and say why.

    The decision is stored and explained. With --engine spark the runs are those of a lake, the
    workers of a cluster decide on them, and the decisions are stored in the history here.

    Example: optimizer decide --workflow wf_001
    """
    from optimizer.history import queries
    from optimizer.history.deciding import record_decisions
    from optimizer.history.store import open_history, refuse_lake
    from optimizer.pipeline.decide import decide as decide_on
    from reports.gallery.decision import decision as decision_report
    from reports.gallery.decision_list import decision_list
    from reports.tables.decisions import decision_tables

    if all_ == (workflow is not None):
        raise typer.BadParameter("name one workflow with --workflow, or all of them with --all")
    if engine is options.EngineName.SPARK and workflow is not None:
        raise typer.BadParameter("expected --all", param_hint="--engine spark")
    here = session(store, config, set_)
    refuse_lake(here.store)
    until = options.utc("--as-of", as_of)
    if workflow is None:
        only = tuple(strategy or ())
        if engine is options.EngineName.SPARK:
            stored = _decide_on_spark(here, until, lake, master, only, fail_fast=fail_fast)
        else:
            stored = _decide_all(here, until, jobs, only, fail_fast=fail_fast)
        _warn(stored)
        _write_asked(stored, emit, here)
        tables = decision_tables(stored)
        show(decision_list(stored), stored, json=json, outputs=output, tables=tables)
        return
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        made = decide_on(
            history,
            workflow_ids=[workflow],
            variant=variant,
            as_of=until,
            config=here.loaded.config,
            config_sha256=here.loaded.sha256,
            now=here.now,
            fail_fast=fail_fast,
            only=strategy or (),
        )
        (one,) = record_decisions(history, made, actor=here.actor)
        audit = queries.audit(history, subject=one.decision_id)
    _warn([one])
    report = decision_report(one, audit, again=one.decided_at != here.now)
    _write_asked([one], emit, here)
    show(report, one, json=json, outputs=output, tables=decision_tables([one]))


def _decide_all(
    here: Session, until: datetime | None, jobs: int, only: tuple[str, ...], *, fail_fast: bool
) -> list[Decision]:
    """Decide on every workflow and store it; what was made before an interrupt is stored too."""
    from optimizer.history import queries
    from optimizer.history.deciding import record_decisions
    from optimizer.history.store import open_history, read_history
    from optimizer.pipeline.batch import BatchJob, decide_all
    from optimizer.pipeline.decide import worst_first

    job = BatchJob(
        store=here.store,
        config=here.loaded.config.model_dump_json(),
        config_sha256=here.loaded.sha256,
        as_of=until,
        now=here.now,
        fail_fast=fail_fast,
        only=only,
        lock_timeout_s=here.lock_timeout_s,
        n_processes=jobs or os.cpu_count() or 1,
    )
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        names = [one.workflow_id for one in queries.workflows(history)]
    made: list[Made] = []
    try:
        for batch in deciding(decide_all(names, job), len(names)):
            made += batch
    finally:
        with open_history(
            here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
        ) as history:
            stored = record_decisions(history, worst_first(made), actor=here.actor)
    return stored


def _decide_on_spark(
    here: Session,
    until: datetime | None,
    lake: Path | None,
    master: str | None,
    only: tuple[str, ...],
    *,
    fail_fast: bool,
) -> list[Decision]:
    """Let a cluster decide on every workflow of a lake, and store it here."""
    from cli.engines import opened_on_spark
    from cli.terminal.stages import stage
    from optimizer.history.deciding import record_decisions
    from optimizer.history.store import open_history
    from optimizer.pipeline.decide import worst_first
    from optimizer.pipeline.spark_batch import SparkJob, decide_all_on_spark

    job = SparkJob(
        config=here.loaded.config.model_dump_json(),
        config_sha256=here.loaded.sha256,
        as_of=until,
        now=here.now,
        fail_fast=fail_fast,
        only=only,
    )
    stage("start Spark")
    with opened_on_spark(lake, master) as (history, engine):
        stage("decide")
        made = decide_all_on_spark(history, engine, job)
    with open_history(here.store, lock_timeout_s=here.lock_timeout_s, now=here.now) as history:
        return record_decisions(history, worst_first(made), actor=here.actor)


def _warn(decisions: Sequence[Decision]) -> None:
    """Say on stderr which strategies failed."""
    from optimizer.models.decisions import failures

    for decision in decisions:
        for name, failure in failures(decision):
            complain(
                f"warning: {decision.workflow_id}: {name} failed: {failure}; the others went on"
            )


def _write_asked(decisions: Sequence[Decision], emit: Path | None, here: Session) -> None:
    """Write what decisions would ask for, once they are approved."""
    if emit is None:
        return
    from cli.deciding import write_asked
    from optimizer.pipeline.lifecycle import asked_of

    settings = here.loaded.config.lifecycle
    shares = settings.presets.of(settings.preset).shares
    write_asked([asked_of(one, shares=shares) for one in decisions], emit)
