"""`optimizer report`: one workflow over time, all of them side by side, or what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.output import show
from cli.session import session
from optimizer.models.overview import Period

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cli.session import Session

ROWS = 50
RUNS = 200


def report(
    workflow: options.Workflow = None,
    period: Annotated[
        Period | None,
        typer.Option("--period", help="What changed in the last 7, 30 or 91 days."),
    ] = None,
    performance: Annotated[
        bool,
        typer.Option("--performance", help="Of a workflow: latency, throughput, cache and cost."),
    ] = False,
    experiments: Annotated[
        bool, typer.Option("--experiments", help="How far the experiments are.")
    ] = False,
    as_of: options.AsOf = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            max=1_000_000,
            help="Show no more than these. Default: 200 runs of a workflow, 50 rows else.",
        ),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Report on all workflows, on one over time, on experiments, or on what changed in a period.

    Example: optimizer report -o all.html

    Example: optimizer report --workflow wf_001 -o out.html -o out.md

    Example: optimizer report --workflow wf_001 --performance

    Example: optimizer report --experiments

    Example: optimizer report --period week -o week.md
    """
    _require_one(period, experiments=experiments, performance=performance)
    here = session(store, config, set_)
    until = options.utc("--as-of", as_of)
    if period is not None:
        _period(here, period, workflow, until or here.now, limit or ROWS, output, json=json)
        return
    if until is not None and (workflow is not None or experiments):
        raise typer.BadParameter("--as-of goes with --period, or with all workflows")
    if experiments:
        _experiments(here, workflow, limit or ROWS, output, json=json)
    elif performance:
        if workflow is None:
            raise typer.BadParameter("--performance is of one workflow: name it with --workflow")
        _performance(here, workflow, limit or RUNS, output, json=json)
    elif workflow is not None:
        _workflow(here, workflow, limit or RUNS, output, json=json)
    else:
        _all(here, until, limit or ROWS, output, json=json)


def _require_one(period: Period | None, *, experiments: bool, performance: bool) -> None:
    """Refuse two reports at once.

    Raises:
        BadParameter: More than one was asked for.
    """
    asked = {
        "--period": period is not None,
        "--experiments": experiments,
        "--performance": performance,
    }
    named = [name for name, is_asked in asked.items() if is_asked]
    if len(named) > 1:
        raise typer.BadParameter(f"{' and '.join(named)} are reports of their own: ask for one")


def _workflow(
    here: Session, workflow: str, limit: int, output: list[Path] | None, *, json: bool
) -> None:
    """Show one workflow: its runs over time, its variants, its last decision."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.workflow import workflow_view
    from reports.gallery.workflow import workflow as workflow_report
    from reports.tables.runs import workflow_tables

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        view = workflow_view(history, workflow, here.loaded.config, limit=limit)
    document = workflow_report(
        view.summary, view.runs, view.windows, view.decision, past=view.past, moves=view.moves
    )
    tables = workflow_tables(view.runs, view.windows)
    show(document, view, json=json, outputs=output, tables=tables)


def _all(
    here: Session,
    as_of: datetime | None,
    limit: int,
    output: list[Path] | None,
    *,
    json: bool,
) -> None:
    """Show every workflow, the one that needs attention most first."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.portfolio import portfolio
    from reports.gallery.portfolio import portfolio as portfolio_report
    from reports.tables.overviews import portfolio_tables

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = portfolio(history, here.loaded.config, as_of=as_of, now=here.now, limit=limit)
    tables = portfolio_tables(found)
    show(portfolio_report(found), found, json=json, outputs=output, tables=tables)


def _period(
    here: Session,
    period: Period,
    workflow: str | None,
    until: datetime,
    limit: int,
    output: list[Path] | None,
    *,
    json: bool,
) -> None:
    """Show what changed in a period against the one before."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.period_review import period_review
    from reports.gallery.period import period as period_report
    from reports.tables.overviews import period_tables

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = period_review(
            history, period, here.loaded.config, workflow_id=workflow, until=until
        )
    tables = period_tables(found)
    show(period_report(found, limit), found, json=json, outputs=output, tables=tables)


def _performance(
    here: Session, workflow: str, limit: int, output: list[Path] | None, *, json: bool
) -> None:
    """Show what a workflow takes, run by run."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.performance import performance
    from reports.gallery.performance import performance as performance_report
    from reports.tables.overviews import performance_tables

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = performance(history, workflow, here.loaded.config, limit=limit)
    tables = performance_tables(found)
    show(performance_report(found), found, json=json, outputs=output, tables=tables)


def _experiments(
    here: Session, workflow: str | None, limit: int, output: list[Path] | None, *, json: bool
) -> None:
    """Show how far the experiments are, without a look at their results."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.experiment_page import experiment_page
    from optimizer.pipeline.workflow import require_workflow
    from reports.gallery.experiments import experiments as experiments_report
    from reports.tables.overviews import experiment_page_tables

    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = experiment_page(
            history, here.loaded.config, workflow_id=workflow, now=here.now, limit=limit
        )
        if workflow is not None and not found.n_active and not found.n_ended:
            require_workflow(history, workflow)
    tables = experiment_page_tables(found)
    show(experiments_report(found), found, json=json, outputs=output, tables=tables)
