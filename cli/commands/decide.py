"""`optimizer decide`: ask the strategies, store and explain what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import note, show
from cli.session import session

if TYPE_CHECKING:
    from optimizer.history.store import History
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
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Decide on a workflow from its stored runs; the decision is stored and explained.

    Example: optimizer decide --workflow wf_001
    """
    from optimizer.history import queries
    from optimizer.history.deciding import record_decisions
    from optimizer.history.store import open_history, read_history
    from optimizer.pipeline.decide import decide as decide_on
    from optimizer.pipeline.decide import worst_first
    from reports.gallery.decision import decision as decision_report
    from reports.gallery.decision_list import decision_list

    if all_ == (workflow is not None):
        raise typer.BadParameter("name one workflow with --workflow, or all of them with --all")
    here = session(store, config, set_)
    try:
        until = None if as_of is None else (as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC))
        until = until and until.astimezone(UTC)
    except OverflowError as error:
        raise typer.BadParameter(f"--as-of {as_of}: too far from now") from error

    def made(history: History, workflow_ids: Sequence[str]) -> list[Made]:
        return decide_on(
            history,
            workflow_ids=workflow_ids,
            variant=variant,
            as_of=until,
            config=here.loaded.config,
            config_sha256=here.loaded.sha256,
            now=here.now,
            fail_fast=fail_fast,
            only=strategy or (),
        )

    wait_s = here.lock_timeout_s
    writing = partial(open_history, here.store, lock_timeout_s=wait_s, now=here.now, create=False)
    if workflow is None:
        with read_history(here.store, lock_timeout_s=wait_s) as history:
            names = [one.workflow_id for one in queries.workflows(history)]
            decisions = worst_first(made(history, names))
        with writing() as history:
            stored = record_decisions(history, decisions, actor=here.actor)
        _warn(stored)
        show(decision_list(stored), stored, json=json, outputs=output)
        return
    with writing() as history:
        (one,) = record_decisions(history, made(history, [workflow]), actor=here.actor)
        audit = queries.audit(history, subject=one.decision_id)
    _warn([one])
    report = decision_report(one, audit, again=one.decided_at != here.now)
    show(report, one, json=json, outputs=output)


def _warn(decisions: Sequence[Decision]) -> None:
    """Say on stderr which strategies failed."""
    from optimizer.models.decisions import failures

    for decision in decisions:
        for name, failure in failures(decision):
            note(f"warning: {decision.workflow_id}: {name} failed: {failure}; the others went on")
