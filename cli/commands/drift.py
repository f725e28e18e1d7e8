"""`optimizer drift`: have metrics of the variant in use moved?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def drift(
    workflow: options.Workflow = None,
    series: options.SeriesFile = None,
    variant: Annotated[
        str | None,
        typer.Option("--variant", help="Variant in use. Default: that of the newest run."),
    ] = None,
    as_of: options.AsOf = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show which metrics have moved, against earlier runs or in a series.

    Example: optimizer drift --workflow wf_001
    """
    from cli.reading.timelines import read_timeline
    from optimizer.history.store import read_history
    from optimizer.pipeline.moving import drift_in, drift_of, points_of
    from reports.gallery.drift import drift as drift_report
    from reports.tables.drift import drift_tables

    if (workflow is None) == (series is None):
        raise typer.BadParameter("name a workflow with --workflow, or a file with --series")
    here = session(store, config, set_)
    settings = here.loaded.config
    timeline = None if series is None else read_timeline(series)
    if timeline is not None:
        found = drift_in(timeline, settings)
        document = drift_report(found, timeline=timeline)
    else:
        moment = options.utc("--as-of", as_of)
        with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
            found = drift_of(
                history,
                str(workflow),
                variant=variant,
                as_of=moment,
                config=settings,
            )
            points = points_of(history, str(workflow), as_of=moment, config=settings)
        document = drift_report(found, points)
    show(document, found, json=json, outputs=output, tables=drift_tables(found))
