"""`optimizer gate`: may this run ship?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.cases import text_limits
from cli.ci.annotations import annotate
from cli.ci.summary import append_outputs, append_summary
from cli.output import note, show
from cli.reading.arms import opened_arms
from cli.reading.results import chosen_runs, file_named, line_count, read_prompt
from cli.session import session
from cli.writing.endings import SARIF
from cli.writing.reports import write_reports
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import NoHistoryError, NothingYetError, SelectionError

if TYPE_CHECKING:
    from cli.reading.results import Chosen
    from cli.session import Session
    from optimizer.models.case_changes import TextLimits
    from optimizer.models.data_tables import DataTable
    from optimizer.pipeline.cases import OpenArm
    from optimizer.pipeline.judged import JudgedByBaseline, JudgedByRules
    from reports.document import Document


class OnInconclusive(StrEnum):
    """What an inconclusive gate does."""

    EXIT = "exit"
    PASS = "pass"
    FAIL = "fail"


class OnNoBaseline(StrEnum):
    """What a gate does where there is no baseline yet."""

    EXIT = "exit"
    THRESHOLDS = "thresholds"


def gate(
    file: options.FileOrRun,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            "-b",
            help="What it must be no worse than: a file, a stored run, branch:NAME or @baseline.",
        ),
    ] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(
            "--guardrail",
            "-g",
            help="How much worse than the baseline a metric may be, as success:5pp:prove or "
            "cost:10%; repeatable. Default: success by its margin in the settings.",
        ),
    ] = None,
    mode: Annotated[
        options.GuardModeName,
        typer.Option(
            "--mode",
            help="Of guardrails that name none. detect: fail where a regression is found; "
            "prove: pass where it is shown that there is none beyond the margin.",
        ),
    ] = options.GuardModeName.DETECT,
    prompt: options.Prompt = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Which run, if the file holds several.")
    ] = None,
    strict: options.Strict = False,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option("--on-inconclusive", help="Exit with 3, or take it as passed or failed."),
    ] = OnInconclusive.EXIT,
    on_no_baseline: Annotated[
        OnNoBaseline,
        typer.Option(
            "--on-no-baseline",
            help="Where --baseline names nothing yet: exit with 2, or judge by the thresholds.",
        ),
    ] = OnNoBaseline.EXIT,
    fail_code: Annotated[
        int, typer.Option("--fail-code", min=1, max=125, help="Exit code of a failed gate.")
    ] = 1,
    require_baseline: Annotated[
        bool, typer.Option("--require-baseline", help="Refuse to judge without a baseline.")
    ] = False,
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
    output: options.CheckOutputs = None,
    json: options.Json = False,
) -> None:
    """Judge a run for CI, by the thresholds or against a baseline. Stores nothing.

    Of a file that holds several runs, thresholds judge all of them and the worst decides.

    Exit code 0: passed. 1: failed. 2: could not be judged. 3: inconclusive, too few tests.

    Example: optimizer gate run.json --baseline branch:main --guardrail success:5pp:prove
    """
    if baseline is None and (require_baseline or guardrail):
        raise SelectionError(
            f"{file}: no baseline to compare with, and one is required",
            hint="Name one with --baseline: a file, branch:main or @baseline.",
        )
    if baseline is None and cases:
        raise typer.BadParameter("--cases compares with a baseline: name one with --baseline")
    if baseline is not None and (strict or prompt is not None):
        raise typer.BadParameter("--strict and --prompt judge by thresholds, without --baseline")
    here = session(store, config, set_).reading(
        options.reading(bridge, map_, table, score, pass_score, price, prices, trust)
    )
    chosen = partial(chosen_runs, file, here, run=run, outputs=output)
    by_rules = partial(_by_rules, chosen, here, prompt=read_prompt(prompt), strict=strict)
    if baseline is None:
        gated = by_rules()
    else:
        wanted = text_limits(output, shown=cases)
        arms = partial(
            opened_arms, [baseline, file], here, run=run, outputs=output, texts=wanted is not None
        )
        by_baseline = partial(
            _by_baseline, arms, here, guardrail or (), mode.value, wanted=wanted, shown=cases
        )
        instead = by_rules if on_no_baseline is OnNoBaseline.THRESHOLDS else None
        gated = _with_fallback(by_baseline, instead)
    named = file_named(file)
    document, whole = replace(gated.document, file=named), replace(gated.whole, file=named)
    own = dict.fromkeys(SARIF, partial(_sarif, whole))
    write_reports(output or (), whole, gated.payload, gated.tables, own=own)
    show(document, gated.payload, json=json)
    append_summary(document)
    append_outputs(gated.payload)
    annotate(document, title="optimizer gate")
    codes = {
        "passed": 0,
        "failed": fail_code,
        "invalid": 2,
        "inconclusive": {"exit": 3, "pass": 0, "fail": fail_code}[on_inconclusive],
    }
    raise typer.Exit(codes[gated.status])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gated:
    """What a gate says, laid out, for machines and as rows; `whole`: as files have room for."""

    document: Document
    whole: Document
    payload: JudgedByRules | JudgedByBaseline
    status: str
    tables: tuple[DataTable, ...]


def _sarif(document: Document) -> str:
    """Return what was asked for and not met as SARIF."""
    from optimizer import __version__
    from reports.render.gate_sarif import gate_sarif

    lines = None if document.file is None else line_count(document.file)
    return gate_sarif(document, version=__version__, line_count=lines)


def _with_fallback(
    by_baseline: Callable[[], _Gated], by_rules: Callable[..., _Gated] | None
) -> _Gated:
    """Judge against a baseline, or by the thresholds where there is none yet."""
    try:
        return by_baseline()
    except (NoHistoryError, NothingYetError) as missing:
        if by_rules is None:
            raise
        found = str(missing)
    said = f"There is no baseline yet ({found}): judged by the thresholds."
    note(f"warning: {said}")
    return by_rules(instead_of=said)


def _by_rules(
    chosen: Callable[[], AbstractContextManager[Chosen]],
    here: Session,
    *,
    prompt: str | None,
    strict: bool,
    instead_of: str | None = None,
) -> _Gated:
    """Judge by the thresholds of the scoring rules."""
    from optimizer.pipeline.gate import gate as gate_run
    from optimizer.pipeline.gate import worst
    from optimizer.pipeline.judged import JudgedByRules
    from optimizer.pipeline.view import run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.gate import gate as gate_report
    from reports.tables.comparisons import threshold_tables

    settings = here.loaded.config
    with chosen() as found:
        views = [
            run_view(
                found.history,
                run_id,
                rules=ScoringRules.from_config(settings.scoring.model_dump()),
                level=settings.evidence.level,
                prompt=prompt,
                recorded_prompts=False,
            )
            for run_id in found.run_ids
        ]
    results = tuple(result for view in views for result in gate_run(view, strict=strict))
    if instead_of is not None:
        results = tuple(replace(result, baseline_note=instead_of) for result in results)
    status = worst(results)
    payload = JudgedByRules(status=status, results=results)
    document = gate_report(results)
    return _Gated(
        document=document,
        whole=document,
        payload=payload,
        status=status,
        tables=threshold_tables(results),
    )


def _by_baseline(
    arms: Callable[..., AbstractContextManager[list[OpenArm]]],
    here: Session,
    guardrails: Sequence[str],
    mode: str,
    *,
    wanted: TextLimits | None,
    shown: bool,
) -> _Gated:
    """Judge against a baseline, by guardrails."""
    from optimizer.pipeline.cases import with_cases
    from optimizer.pipeline.compare import gate as gate_arms
    from optimizer.pipeline.compare import read_guardrails
    from optimizer.pipeline.judged import JudgedByBaseline
    from reports.gallery.baseline_gate import baseline_gate
    from reports.tables.comparisons import guardrail_tables

    settings = here.loaded.config.comparison
    asked = read_guardrails(guardrails, settings, mode)
    with arms(metrics=[guard.metric for guard in asked], workflow=None) as (baseline, candidate):
        against = gate_arms(baseline.loaded, candidate.loaded, asked, settings=settings)
        told = against
        if wanted is not None:
            cases = with_cases(against.comparison, baseline, candidate, wanted)
            told = replace(against, comparison=cases)
    return _Gated(
        document=baseline_gate(told if shown else against),
        whole=baseline_gate(told),
        payload=JudgedByBaseline(status=against.status, policy=settings, against=told),
        status=against.status,
        tables=guardrail_tables(told),
    )
