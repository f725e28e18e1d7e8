"""`optimizer flaky`: how much do repeats of the same case disagree?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def flaky(
    workflow: Annotated[
        str, typer.Option("--workflow", "-w", help="The workflow.", show_default=False)
    ],
    variant: Annotated[
        str | None, typer.Option("--variant", help="Only this variant, by label or id.")
    ] = None,
    k: Annotated[
        int, typer.Option("--k", min=1, max=1000, help="Repeats that pass@k and pass^k look at.")
    ] = 3,
    pool: Annotated[
        int | None,
        typer.Option(
            "--pool",
            min=1,
            max=1000,
            help="Take so many of a variant's newest runs together. Default: evidence.max_runs.",
        ),
    ] = None,
    limit: options.Limit = 20,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show how much repeats disagree: flake rate, pass@k, pass^k, cases that tell nothing.

    Example: optimizer flaky --workflow wf_001 --k 2
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.flakiness import flakiness
    from reports.gallery.flaky import flaky as flaky_report
    from reports.tables.flaky import flaky_tables

    here = session(store, config, set_)
    settings = here.loaded.config.evidence
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = flakiness(
            history,
            workflow,
            variant=variant,
            k=k,
            pool=pool or settings.max_runs,
            level=settings.level,
        )
    document = flaky_report(found, limit=limit)
    show(document, found, json=json, outputs=output, tables=flaky_tables(found))
