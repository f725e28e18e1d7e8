"""`optimizer compare`: is the candidate really better than the baseline?"""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.arithmetic import import_numpy
from cli.cases import text_limits
from cli.ci.annotations import annotate
from cli.ci.summary import append_summary
from cli.output import show
from cli.reading.arms import opened_arms
from cli.session import session
from cli.writing.reports import write_reports


def compare(
    arms: Annotated[
        list[str],
        typer.Argument(
            help="Baseline, then one candidate or several: result files, run ids, variants, "
            "latest, branch:NAME, WORKFLOW:VARIANT, @baseline. FILE#VARIANT or RUN#VARIANT "
            "chooses a variant, FILE#RUN a run.",
            show_default=False,
        ),
    ],
    metric: options.Metrics = None,
    scope: options.CompareScope = options.ScopeName.CASES,
    family: options.Family = None,
    margin: options.Margins = None,
    method: options.Method = None,
    correction: options.Correction = options.CorrectionName.HOLM,
    pool: options.Pool = 1,
    workflow: options.Workflow = None,
    bridge: options.Bridge = None,
    map_: options.Map = None,
    table: options.Table = None,
    score: options.Score = None,
    pass_score: options.PassScore = None,
    price: options.Price = False,
    prices: options.Prices = None,
    trust: options.Trust = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    cases: options.Cases = False,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Compare candidates with a baseline: improved, regressed, equivalent, or how many cases more.

    Example: optimizer compare baseline.json candidate.json --margin success=5pp
    """
    import_numpy()
    from optimizer.experiments.units import read_metrics
    from optimizer.pipeline.cases import all_with_cases
    from optimizer.pipeline.compare import compare as compare_arms
    from optimizer.pipeline.compare import with_margins
    from reports.gallery.comparison import comparison as comparison_report
    from reports.gallery.comparison import laid_out

    here = session(store, config, set_).reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    metrics = None if metric is None else read_metrics(metric)
    settings = with_margins(here.loaded.config.comparison, margin or ())
    wanted = text_limits(output, shown=cases)
    with opened_arms(
        arms,
        here,
        metrics=metrics,
        workflow=workflow,
        pool=pool,
        family=family,
        outputs=output,
        texts=wanted is not None,
    ) as opened:
        found = compare_arms(
            [arm.loaded for arm in opened],
            settings=settings,
            metrics=metrics,
            scope=scope.value,
            families=family != options.NO_FAMILY,
            method=method,
            correction=correction.value,
        )
        told = found
        if wanted is not None:
            told = all_with_cases(found, opened, wanted, laid_out(found))
    if output:
        from reports.tables.comparisons import comparison_tables

        tables = comparison_tables(told.comparisons)
        write_reports(output, comparison_report(told), told, tables)
    document = comparison_report(told if cases else found)
    show(document, told, json=json)
    append_summary(document)
    annotate(document, title="optimizer compare")
