"""`optimizer outcome`: what a decision has come to."""

from __future__ import annotations

from cli import options, typer
from cli.output import show
from cli.session import session


def outcome(
    decision: options.Decided,
    at: options.At = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Measure what became of a decision, beside what was predicted.

    No harm completes it.

    Exit code 1 if it did harm beyond doubt.

    Example: optimizer outcome latest
    """
    from cli.deciding import who, writing
    from optimizer.models.lifecycle import OutcomeStatus
    from optimizer.pipeline.lifecycle import lifecycle_of
    from optimizer.pipeline.outcomes import measure
    from reports.gallery.outcome import outcome as outcome_report
    from reports.tables.outcomes import outcome_tables

    here = session(store, config, set_)
    with writing(here) as history:
        found = measure(
            history, decision, who(here, at=at), settings=lifecycle_of(here.loaded.config)
        )
    tables = outcome_tables(found)
    show(outcome_report(found), found, json=json, outputs=output, tables=tables)
    if found.status is OutcomeStatus.FAILED:
        raise typer.Exit(1)
