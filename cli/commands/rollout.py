"""`optimizer rollout`: a decision put in force step by step, as new runs allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.output import show
from cli.session import session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optimizer.models.lifecycle import RolloutView

One = Annotated[
    str | None,
    typer.Argument(
        metavar="[DECISION]",
        help="Decision id, the beginning of one, or latest. Default: all that run.",
    ),
]


def start(
    decision: options.Decided,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="Its steps: standard, s0, s1 or rust."),
    ] = None,
    emit: options.Emit = None,
    by: options.ByNow = None,
    why: options.Why = "",
    at: options.At = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Begin to put an approved decision in force, with a small share of the traffic.

    Example: optimizer rollout start latest --preset standard --emit commands.json
    """
    from cli.deciding import who, writing
    from optimizer.pipeline.lifecycle import lifecycle_of
    from optimizer.pipeline.rollouts import start as begin

    here = session(store, config, set_)
    with writing(here) as history:
        view = begin(
            history,
            decision,
            who(here, by, why, at),
            preset=preset,
            settings=lifecycle_of(here.loaded.config),
        )
    _show([view], json=json, outputs=output, emit=emit)


def advance(
    decision: One = None,
    emit: options.Emit = None,
    at: options.At = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Move rollouts as far as the runs since their last move allow: on, or back.

    Exit code 1 if one was rolled back.

    Example: optimizer rollout advance
    """
    from cli.deciding import who, writing
    from optimizer.models.lifecycle import RolloutStatus
    from optimizer.pipeline.lifecycle import lifecycle_of
    from optimizer.pipeline.rollouts import advance as move

    here = session(store, config, set_)
    with writing(here) as history:
        views = move(history, decision, who(here, at=at), settings=lifecycle_of(here.loaded.config))
    _show(views, json=json, outputs=output, emit=emit)
    if any(one.rollout.status is RolloutStatus.ROLLED_BACK for one in views):
        raise typer.Exit(1)


def status(
    decision: One = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show where rollouts stand, and what the runs since their last move say.

    Example: optimizer rollout status
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.lifecycle import lifecycle_of
    from optimizer.pipeline.rollouts import status as stand
    from reports.gallery.rollout import rollout as rollout_report
    from reports.tables.outcomes import rollout_tables

    here = session(store, config, set_)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        views = stand(history, decision, settings=lifecycle_of(here.loaded.config))
    tables = rollout_tables(views)
    show(rollout_report(views), views, json=json, outputs=output, tables=tables)


def _show(
    views: Sequence[RolloutView],
    *,
    json: bool,
    outputs: Sequence[Path] | None,
    emit: Path | None,
) -> None:
    from cli.deciding import write_asked
    from reports.gallery.rollout import rollout as rollout_report
    from reports.tables.outcomes import rollout_tables

    write_asked([one.commands for one in views if one.commands], emit)
    tables = rollout_tables(views)
    show(rollout_report(views), views, json=json, outputs=outputs, tables=tables)
