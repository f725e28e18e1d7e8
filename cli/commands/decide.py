"""`optimizer decide`: ask the strategies, store and explain what they say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.arithmetic import import_numpy
from cli.output import complain, show, show_items
from cli.session import session
from cli.terminal.progress import deciding
from cli.terminal.stages import hush

if TYPE_CHECKING:
    from pathlib import Path

    from cli.session import Session
    from cli.writing.kept import Kept
    from optimizer.models.data_tables import DataTable
    from optimizer.models.decisions import AuditEntry, Decision
    from optimizer.pipeline.batch import BatchJob


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
    from optimizer.history.store import refuse_lake

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
            _show_all(here, stored, emit, output, json=json)
            return
        from optimizer.pipeline.batch import as_decision

        is_streamed = json and not output and emit is None
        kept = _decide_all(here, _job(here, until, jobs, only, fail_fast, is_streamed))
        if is_streamed:
            show_items(kept)
        elif output or emit is not None:
            _show_all(here, list(map(as_decision, kept)), emit, output, json=json)
        else:
            from reports.gallery.decision_list import decision_list

            show(decision_list(map(as_decision, kept)), ())
        return
    from optimizer.models.decisions import failures

    one, audit = _decide_on(here, workflow, variant, until, strategy or (), fail_fast=fail_fast)
    from reports.gallery.decision import decision as decision_report

    _warn(one.workflow_id, failures(one))
    report = decision_report(one, audit, again=one.decided_at != here.now)
    _write_asked([one], emit, here)
    tables: tuple[DataTable, ...] = ()
    if output:
        from reports.tables.decisions import decision_tables

        tables = decision_tables([one])
    show(report, one, json=json, outputs=output, tables=tables)


def _decide_on(
    here: Session,
    workflow: str,
    variant: str | None,
    until: datetime | None,
    only: Sequence[str],
    *,
    fail_fast: bool,
) -> tuple[Decision, list[AuditEntry]]:
    """Decide on a workflow and store it; return what was stored, and its audit trail.

    The history answers while all that works on its answers is imported.
    """
    from optimizer.analysis.scope import questions
    from optimizer.history import queries
    from optimizer.history.ahead import asked_ahead
    from optimizer.history.store import FEW_ROW_GROUP_ROWS, open_history
    from optimizer.pipeline.scope import scope_of

    asked = questions(scope_of(here.loaded.config), workflow_ids=[workflow], as_of=until)
    with (
        open_history(
            here.store,
            lock_timeout_s=here.lock_timeout_s,
            now=here.now,
            create=False,
            row_group_rows=FEW_ROW_GROUP_ROWS,
        ) as opened,
        asked_ahead(opened, asked) as history,
    ):
        import_numpy()
        import reports.gallery.decision  # noqa: F401 - while the history answers
        from optimizer.history.deciding import record_decisions
        from optimizer.pipeline.decide import decide as decide_on

        made = decide_on(
            history,
            workflow_ids=[workflow],
            variant=variant,
            as_of=until,
            config=here.loaded.config,
            config_sha256=here.loaded.sha256,
            now=here.now,
            fail_fast=fail_fast,
            only=only,
        )
        (one,) = record_decisions(history, made, actor=here.actor)
        return one, queries.audit(history, subject=one.decision_id)


def _job(
    here: Session,
    until: datetime | None,
    jobs: int,
    only: tuple[str, ...],
    fail_fast: bool,
    is_streamed: bool,
) -> BatchJob:
    from cli.payload import as_item
    from optimizer.pipeline.batch import BatchJob

    return BatchJob(
        store=here.store,
        config=here.loaded.config,
        config_sha256=here.loaded.sha256,
        as_of=until,
        now=here.now,
        fail_fast=fail_fast,
        only=only,
        lock_timeout_s=here.lock_timeout_s,
        n_processes=jobs or os.cpu_count() or 1,
        tell=as_item if is_streamed else None,
    )


def _decide_all(here: Session, job: BatchJob) -> Kept:
    """Decide on every workflow and store it; return what was stored, the worst first."""
    from cli.writing.kept import Kept
    from optimizer.history import queries
    from optimizer.history.store import read_history
    from optimizer.pipeline.batch import decide_all

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        names = [one.workflow_id for one in queries.workflows(history)]
    kept, failed = Kept(), []
    hush()  # what draws it is a thread, and processes are forked where there is none
    with deciding(len(names)) as watch:
        for stored in decide_all(names, job, actor=here.actor, watch=watch):
            for one in stored:
                kept.add((one.margin, one.workflow_id), one.text)
                failed += [(one.margin, one.workflow_id, one.failures)] if one.failures else []
    for _, workflow_id, failures in sorted(failed):
        _warn(workflow_id, failures)
    return kept


def _show_all(
    here: Session,
    stored: Sequence[Decision],
    emit: Path | None,
    output: Sequence[Path] | None,
    *,
    json: bool,
) -> None:
    """Show decisions that are held in memory, and write the files that were asked for."""
    from reports.gallery.decision_list import decision_list
    from reports.tables.decisions import decision_tables

    _write_asked(stored, emit, here)
    tables = decision_tables(stored)
    show(decision_list(stored), stored, json=json, outputs=output, tables=tables)


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
    from optimizer.models.decisions import failures
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
        stored = record_decisions(history, worst_first(made), actor=here.actor)
    for one in stored:
        _warn(one.workflow_id, failures(one))
    return stored


def _warn(workflow_id: str, failures: Sequence[tuple[str, str]]) -> None:
    """Say on stderr which strategies failed."""
    for name, failure in failures:
        complain(f"warning: {workflow_id}: {name} failed: {failure}; the others went on")


def _write_asked(decisions: Sequence[Decision], emit: Path | None, here: Session) -> None:
    """Write what decisions would ask for, once they are approved."""
    if emit is None:
        return
    from cli.deciding import write_asked
    from optimizer.pipeline.lifecycle import asked_of

    settings = here.loaded.config.lifecycle
    shares = settings.presets.of(settings.preset).shares
    write_asked([asked_of(one, shares=shares) for one in decisions], emit)
