"""`optimizer experiment`: variants against a baseline, over the runs that come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.output import show
from cli.session import Session, session
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Looks

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.models.experiments import ExperimentReport

Name = Annotated[str, typer.Argument(metavar="EXP", help="Name of the experiment.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit log.")]


def plan(
    experiment: Name,
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="The workflow.")],
    candidate: Annotated[
        list[str],
        typer.Option(
            "--candidate",
            "-b",
            help="Label or id of a variant that may replace the baseline, run or not; repeatable.",
        ),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            "-a",
            help="Label or id of the variant in use. Default: that of 'optimizer baseline set'.",
        ),
    ] = None,
    metric: Annotated[
        str,
        typer.Option(
            "--metric", "-m", help="What decides, then what is shown as well, as success,cost."
        ),
    ] = "success",
    guardrail: Annotated[
        list[str] | None,
        typer.Option(
            "--guardrail",
            help="What a winner must not break: cost:10%, or success:5pp:prove; repeatable.",
        ),
    ] = None,
    detect: Annotated[
        str | None,
        typer.Option("--detect", help="Least effect to find, as 5pp; cases are planned for it."),
    ] = None,
    discordance: Annotated[
        float | None,
        typer.Option(
            "--discordance",
            min=0.0001,
            max=1,
            help="Share of cases whose outcome changes. Default: from the runs there are.",
        ),
    ] = None,
    cases: Annotated[
        int | None, typer.Option("--cases", min=2, max=10_000_000, help="Cases to plan with.")
    ] = None,
    min_cases: Annotated[
        int | None,
        typer.Option("--min-cases", min=2, max=10_000_000, help="Cases before the first look."),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option("--days", min=0.01, max=3650, help="Days after which it should end."),
    ] = None,
    looks: Annotated[
        Looks | None, typer.Option("--looks", help="How repeated looks are paid for.")
    ] = None,
    early_stop: Annotated[
        bool | None,
        typer.Option(
            "--early-stop/--no-early-stop", help="Look before the planned cases, or only then."
        ),
    ] = None,
    allocation: Annotated[
        AllocationPolicy | None,
        typer.Option("--allocation", help="How the next tests are shared between the arms."),
    ] = None,
    weight: Annotated[
        list[float] | None,
        typer.Option("--weight", help="Planned share of an arm, the baseline first; repeatable."),
    ] = None,
    max_traffic: Annotated[
        float | None,
        typer.Option(
            "--max-traffic",
            min=0.001,
            max=1,
            help="Largest share of live traffic for the candidates together.",
        ),
    ] = None,
    include_existing: Annotated[
        bool, typer.Option("--include-existing", help="Count the runs from before the start too.")
    ] = False,
    selected_by_search: Annotated[
        bool,
        typer.Option(
            "--selected-by-search",
            help="The candidates were chosen for their results: confirm them on other cases.",
        ),
    ] = False,
    development: Annotated[
        list[str] | None,
        typer.Option(
            "--development",
            help="A run whose cases that search has seen; they do not count; repeatable.",
        ),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Plan an experiment: variants, metric, number of cases, looks. It begins with start.

    Example: optimizer experiment plan clear-1 -w wf_001 -a v1 -b v2 --detect 5pp
    """
    from optimizer.experiments.units import read_guardrail, read_margin, read_metrics
    from optimizer.history.store import open_history
    from optimizer.models.terms import GuardMode
    from optimizer.pipeline.experiments import status as stand
    from optimizer.pipeline.planning import PlanRequest
    from optimizer.pipeline.planning import plan as plan_experiment

    here = session(store, config, set_)
    primary, *secondary = read_metrics(metric)
    request = PlanRequest(
        experiment_id=experiment,
        workflow_id=workflow,
        baseline=baseline,
        candidates=tuple(candidate),
        primary=primary,
        secondary=tuple(secondary),
        guardrails=tuple(read_guardrail(text, GuardMode.DETECT) for text in guardrail or ()),
        effect=None if detect is None else read_margin(primary, detect),
        discordance=discordance,
        cases=cases,
        min_cases=min_cases,
        max_duration_days=days,
        early_stopping=early_stop,
        looks=looks,
        allocation=allocation,
        weights=tuple(weight or ()),
        max_traffic=max_traffic,
        include_existing=include_existing,
        selected_by_search=selected_by_search,
        development=tuple(development or ()),
    )
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        plan_experiment(history, request, config=here.loaded.config, actor=here.actor, now=here.now)
        found = stand(history, experiment, config=here.loaded.config, now=here.now)
    _show(found, json=json, outputs=output)


def start(
    experiment: Name,
    reason: Reason = "",
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Start an experiment: runs that start from now on count.

    Example: optimizer experiment start clear-1
    """
    here = session(store, config, set_)
    _move(here, experiment, ExperimentStatus.RUNNING, reason, json=json, outputs=output)


def status(
    experiment: Annotated[
        str | None, typer.Argument(metavar="[EXP]", help="Name of one. Default: all, in short.")
    ] = None,
    workflow: options.Workflow = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show where experiments stand and what has run, without a look at the results.

    Example: optimizer experiment status clear-1
    """
    from optimizer.analysis.experiments import experiment_summaries
    from optimizer.history.store import read_history
    from optimizer.pipeline.experiments import status as stand
    from optimizer.pipeline.workflow import require_workflow
    from reports.gallery.experiment_list import experiment_list
    from reports.tables.experiments import experiment_list_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        if experiment is None:
            every = experiment_summaries(
                history, workflow_ids=None if workflow is None else [workflow]
            )
            if workflow is not None and not every:
                require_workflow(history, workflow)
            tables = experiment_list_tables(every)
            show(experiment_list(every), every, json=json, outputs=output, tables=tables)
            return
        found = stand(history, experiment, config=here.loaded.config, now=here.now)
    _show(found, json=json, outputs=output)


def report(
    experiment: Name,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Look at the results of an experiment; new data make a look, which the ledger pays for.

    Example: optimizer experiment report clear-1 -o clear-1.html
    """
    from optimizer.history.store import open_history
    from optimizer.pipeline.experiments import report as look

    here = session(store, config, set_)
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        found = look(history, experiment, config=here.loaded.config, actor=here.actor, now=here.now)
    _show(found, json=json, outputs=output)


def pause(
    experiment: Name,
    reason: Reason = "",
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Pause an experiment: no look is made until it goes on.

    Example: optimizer experiment pause clear-1 --reason "model outage"
    """
    here = session(store, config, set_)
    _move(here, experiment, ExperimentStatus.PAUSED, reason, json=json, outputs=output)


def resume(
    experiment: Name,
    reason: Reason = "",
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Go on with a paused experiment.

    Example: optimizer experiment resume clear-1
    """
    here = session(store, config, set_)
    _move(here, experiment, ExperimentStatus.RUNNING, reason, json=json, outputs=output)


def conclude(
    experiment: Name,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """End an experiment, with the winner that its last look found or with none.

    Example: optimizer experiment conclude clear-1
    """
    from optimizer.history.store import open_history
    from optimizer.pipeline.experiments import conclude as end

    here = session(store, config, set_)
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        found = end(history, experiment, config=here.loaded.config, actor=here.actor, now=here.now)
    _show(found, json=json, outputs=output)


def cancel(
    experiment: Name,
    reason: Reason = "",
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """End an experiment without an outcome.

    Example: optimizer experiment cancel clear-1 --reason "wrong prompt"
    """
    here = session(store, config, set_)
    _move(here, experiment, ExperimentStatus.CANCELLED, reason, json=json, outputs=output)


def archive(
    experiment: Name,
    reason: Reason = "",
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Put an experiment that has ended away; its looks stay in the ledger.

    Example: optimizer experiment archive clear-1
    """
    here = session(store, config, set_)
    _move(here, experiment, ExperimentStatus.ARCHIVED, reason, json=json, outputs=output)


def _move(
    here: Session,
    experiment: str,
    to: ExperimentStatus,
    reason: str,
    *,
    json: bool,
    outputs: list[Path] | None,
) -> None:
    """Take a step and show where the experiment stands then."""
    from optimizer.history.store import open_history
    from optimizer.pipeline.experiments import move
    from optimizer.pipeline.experiments import status as stand

    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        move(history, experiment, to, actor=here.actor, reason=reason, now=here.now)
        found = stand(history, experiment, config=here.loaded.config, now=here.now)
    _show(found, json=json, outputs=outputs)


def _show(found: ExperimentReport, *, json: bool, outputs: list[Path] | None) -> None:
    from reports.gallery.experiment import experiment as experiment_report
    from reports.tables.experiments import experiment_tables

    tables = experiment_tables(found)
    show(experiment_report(found), found, json=json, outputs=outputs, tables=tables)
