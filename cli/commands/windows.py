"""`optimizer windows`: how does a metric move over time?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.durations import seconds
from cli.output import show
from cli.session import session
from optimizer.models.errors import ConfigError
from optimizer.models.series import Aggregate, Fill, SeriesMetric, Windowing


def windows(
    workflow: Annotated[
        str, typer.Option("--workflow", "-w", help="The workflow.", show_default=False)
    ],
    metric: Annotated[
        SeriesMetric, typer.Option("--metric", "-m", help="What is looked at.")
    ] = SeriesMetric.SUCCESS,
    every: Annotated[
        str | None,
        typer.Option("--every", help="Length of a window, as 15m, 1h, 1d. Default: 1h."),
    ] = None,
    slide: Annotated[
        str | None,
        typer.Option(
            "--slide", help="From the start of one window to the next. Default: no overlap."
        ),
    ] = None,
    session_: Annotated[
        str | None,
        typer.Option(
            "--session", help="In place of --every: a window ends where nothing begins so long."
        ),
    ] = None,
    agg: Annotated[
        str,
        typer.Option(
            "--agg",
            help="What is said of a window, as avg,p95: count, sum, avg, min, max, p50, p95, "
            "p99, stddev.",
        ),
    ] = "avg",
    fill: Annotated[
        Fill, typer.Option("--fill", help="What stands for windows without a measurement.")
    ] = Fill.NONE,
    lateness: Annotated[
        str,
        typer.Option("--lateness", help="A window is open until a task this long after it began."),
    ] = "0s",
    variant: Annotated[
        str | None, typer.Option("--variant", help="Only this variant, by label or id.")
    ] = None,
    limit: options.Limit = 50,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show a metric over time: windows of equal length, sliding windows or sessions.

    Tasks are placed by when they began. Asked again, tasks that came late are in their window.

    Example: optimizer windows --workflow wf_001 --metric latency --every 1h --agg avg,p95
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.series import series
    from reports.gallery.windows import windows as windows_report
    from reports.tables.drift import window_tables

    here = session(store, config, set_)
    windowing = _windowing(every, slide, session_, lateness)
    aggregates = _aggregates(agg)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = series(
            history,
            workflow,
            metric,
            windowing,
            aggregates=aggregates,
            variant=variant,
            fill=fill,
        )
    document = windows_report(found, limit=limit)
    show(document, found, json=json, outputs=output, tables=window_tables(found))


def _windowing(
    every: str | None, slide: str | None, session_: str | None, lateness: str
) -> Windowing:
    """Return how time is cut.

    Raises:
        ConfigError: A length of time is none, or both windows and sessions are asked for.
    """
    lateness_s = seconds("--lateness", lateness, least=0)
    if session_ is not None:
        if every is not None or slide is not None:
            raise ConfigError("--session: takes the place of --every and --slide, expected one")
        return Windowing(gap_s=seconds("--session", session_), lateness_s=lateness_s)
    size_s = seconds("--every", every or "1h")
    slide_s = size_s if slide is None else seconds("--slide", slide)
    return Windowing(size_s=size_s, slide_s=slide_s, lateness_s=lateness_s)


def _aggregates(names: str) -> tuple[Aggregate, ...]:
    """Return the aggregates that a list names, each once.

    Raises:
        ConfigError: One is none.
    """
    found = []
    for name in dict.fromkeys(name.strip() for name in names.split(",")):
        if name not in set(Aggregate):
            raise ConfigError(f"--agg: {name!r}, expected some of {', '.join(Aggregate)}")
        found.append(Aggregate(name))
    return tuple(found)
