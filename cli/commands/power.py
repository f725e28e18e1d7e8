"""`optimizer power`: how many cases does it take, and what can so many find?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.output import show
from cli.reading.arms import loaded_arms
from cli.session import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.session import Session
    from optimizer.models.cases import LoadedArm
    from optimizer.models.terms import Metric


class PlannedMetric(StrEnum):
    """What can be planned for."""

    SUCCESS = "success"
    SCORE = "score"
    COST = "cost"
    TOKENS = "tokens"
    LATENCY = "latency"


def power(
    detect: Annotated[
        str | None,
        typer.Option(
            "--detect",
            help="Difference to find, or with --prove to rule out, as 5pp of a rate or 10% of an "
            "amount. Default: the metric's margin in the settings.",
        ),
    ] = None,
    metric: Annotated[
        PlannedMetric, typer.Option("--metric", "-m", help="What is to be compared.")
    ] = PlannedMetric.SUCCESS,
    n: Annotated[
        int | None,
        typer.Option("--n", min=2, max=10_000_000, help="Cases there are: what can they find?"),
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Prove no worse, rather than find a difference.")
    ] = False,
    history: Annotated[
        str | None,
        typer.Option(
            "--from-history",
            help="Take the spread from this workflow: its two newest variants that share cases.",
        ),
    ] = None,
    arms: Annotated[
        tuple[str, str] | None,
        typer.Option("--arms", help="Take the spread from these two: files, runs or variants."),
    ] = None,
    discordance: Annotated[
        float | None,
        typer.Option(
            "--discordance", help="Share of cases whose outcome flips between two runs, 0 to 1."
        ),
    ] = None,
    sd: Annotated[
        float | None,
        typer.Option(
            "--sd", help="Standard deviation of the cases' differences; of amounts, of log ratios."
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, max=1000, help="Runs of each case by each variant.")
    ] = 1,
    power_: Annotated[
        float | None,
        typer.Option("--power", help="Chance of the answer. Default: comparison.power."),
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", help="False-alarm rate. Default: comparison.alpha."),
    ] = None,
    pass_rate: Annotated[
        float,
        typer.Option(
            "--pass-rate", min=0, max=1, help="Of the baseline, for the unpaired contrast."
        ),
    ] = 0.8,
    case_cost: Annotated[
        float | None,
        typer.Option("--case-cost", help="Cost of one more case, to weigh against repeats."),
    ] = None,
    run_cost: Annotated[
        float | None,
        typer.Option("--run-cost", help="Cost of running a case once more by both variants."),
    ] = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Plan a comparison: how many cases it takes, or what a number of cases can find.

    Example: optimizer power --detect 5pp --discordance 0.15
    """
    from optimizer.experiments.units import read_metric
    from optimizer.models.power import PowerQuestion
    from optimizer.pipeline.power import effect_asked
    from optimizer.pipeline.power import power as planned
    from reports.gallery.power import power as power_report
    from reports.tables.plans import plan_tables

    here = session(store, config, set_)
    settings = here.loaded.config.comparison
    wanted = read_metric(metric.value)
    question = PowerQuestion(
        metric=wanted,
        effect=effect_asked(wanted, detect, n, settings),
        n=n,
        prove=prove,
        repeats=repeats,
        alpha=settings.alpha if alpha is None else alpha,
        power=settings.power if power_ is None else power_,
        discordance=discordance,
        sd=sd,
        pass_rate=pass_rate,
        case_cost=case_cost,
        run_cost=run_cost,
    )
    found = planned(question, _pilot_arms(here, history, arms, wanted))
    show(power_report(found), found, json=json, outputs=output, tables=plan_tables(found))


def _pilot_arms(
    here: Session, workflow: str | None, names: tuple[str, str] | None, metric: Metric
) -> Sequence[LoadedArm] | None:
    """Load the arms that tell the spread, where some are named."""
    from optimizer.history.store import read_history
    from optimizer.pipeline.power import newest_pair

    if names is not None:
        return loaded_arms(names, here, metrics=(metric,), workflow=workflow)
    if workflow is None:
        return None
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        return newest_pair(history, workflow, pool=here.loaded.config.evidence.max_runs)
