"""The command table, in the order of the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from cli.commands import baseline, budget, experiment, prompts, replay, rollout, store
from cli.commands.analyze import analyze
from cli.commands.anomalies import anomalies
from cli.commands.apply import apply
from cli.commands.approve import approve
from cli.commands.audit import audit
from cli.commands.comment import comment
from cli.commands.compare import compare
from cli.commands.completion import completion
from cli.commands.config import show as config_show
from cli.commands.convert import convert
from cli.commands.decide import decide
from cli.commands.demo import demo
from cli.commands.doctor import doctor
from cli.commands.drift import drift
from cli.commands.explain import explain
from cli.commands.feedback import feedback
from cli.commands.flaky import flaky
from cli.commands.formats import formats
from cli.commands.frontier import frontier
from cli.commands.gate import gate
from cli.commands.ingest import ingest
from cli.commands.init import init
from cli.commands.lint import lint
from cli.commands.models import models
from cli.commands.optimize import optimize
from cli.commands.outcome import outcome
from cli.commands.power import power
from cli.commands.reject import reject
from cli.commands.report import report
from cli.commands.rollback import rollback
from cli.commands.runs import runs
from cli.commands.schema import schema
from cli.commands.show import show
from cli.commands.stats import stats
from cli.commands.status import status
from cli.commands.strategies import strategies
from cli.commands.windows import windows
from cli.terminal.manners import EPILOG

UsageProblem: type[Exception] = typer.BadParameter.__mro__[2]
"""What every misuse of the command line is raised as."""

ABOUT: dict[str, Any] = {
    "name": "optimizer",
    "help": "The decision layer for prompts: from stored test results to an explained decision.",
    "no_args_is_help": True,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}
app = typer.Typer(**ABOUT)
config_app = typer.Typer(name="config", help="The settings in force.", no_args_is_help=True)
store_app = typer.Typer(name="store", help="The history as a file.", no_args_is_help=True)
baseline_app = typer.Typer(
    name="baseline", help="What candidates are held against.", no_args_is_help=True
)
experiment_app = typer.Typer(
    name="experiment",
    help="Variants against a baseline, over the runs that come in.",
    no_args_is_help=True,
)
budget_app = typer.Typer(
    name="budget", help="What was spent, and what may be.", no_args_is_help=True
)
prompts_app = typer.Typer(
    name="prompts", help="Prompts in files, and their versions.", no_args_is_help=True
)
replay_app = typer.Typer(
    name="replay",
    help="What would have become of recorded requests.",
    no_args_is_help=True,
)

rollout_app = typer.Typer(
    name="rollout", help="A decision put in force step by step.", no_args_is_help=True
)

COMMANDS: tuple[Callable[..., Any], ...] = (
    analyze,
    ingest,
    runs,
    show,
    decide,
    explain,
    strategies,
    approve,
    reject,
    apply,
    rollback,
    outcome,
    audit,
    power,
    compare,
    flaky,
    feedback,
    windows,
    drift,
    anomalies,
    models,
    frontier,
    optimize,
    lint,
    gate,
    comment,
    report,
    init,
    status,
    doctor,
    formats,
    convert,
    stats,
    schema,
    completion,
    demo,
)
for command in COMMANDS:
    app.command()(command)


config_app.command()(config_show)
store_app.command()(store.compact)
store_app.command()(store.rebuild)
store_app.command()(store.export)
store_app.command("import")(store.import_)
store_app.command()(store.migrate)
baseline_app.command("set")(baseline.set_)
baseline_app.command()(baseline.show)
baseline_app.command()(baseline.clear)
for command in (
    experiment.plan,
    experiment.start,
    experiment.status,
    experiment.report,
    experiment.pause,
    experiment.resume,
    experiment.conclude,
    experiment.cancel,
    experiment.archive,
):
    experiment_app.command()(command)

replay_app.command()(replay.caching)
replay_app.command()(replay.limits)
replay_app.command()(replay.batching)
budget_app.command()(budget.status)
for command in (rollout.start, rollout.advance, rollout.status):
    rollout_app.command()(command)

prompts_app.command()(prompts.extract)
prompts_app.command("list")(prompts.list_)
prompts_app.command("show")(prompts.show_)
for command in (
    prompts.diff,
    prompts.log,
    prompts.record,
    prompts.promote,
    prompts.rollback,
    prompts.export,
):
    prompts_app.command()(command)

GROUPS = (
    rollout_app,
    baseline_app,
    experiment_app,
    prompts_app,
    replay_app,
    budget_app,
    config_app,
    store_app,
)
for group in GROUPS:
    app.add_typer(group)
for table in (app, *GROUPS):
    for known in table.registered_commands:
        known.epilog = EPILOG


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", "-V", help="Show the version.")) -> None:
    """Answer `--version` wherever it stands."""
    if version:
        from cli.output import write_out
        from optimizer import __version__

        write_out(f"optimizer {__version__}\n")
        raise typer.Exit


def only(name: str) -> typer.Typer:
    """Return an application with one command or group, where there is one of that name; else all.

    Building the options of every command takes longer than a short command itself.
    """
    chosen = [command for command in COMMANDS if command.__name__ == name]
    groups = [group for group in GROUPS if group.info.name == name]
    if not chosen and not groups:
        return app
    small = typer.Typer(**ABOUT)
    for command in chosen:
        small.command(epilog=EPILOG)(command)
    for group in groups:
        small.add_typer(group)
    small.callback(invoke_without_command=True)(root)
    return small
