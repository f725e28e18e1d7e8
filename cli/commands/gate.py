"""`optimizer gate`: may this run ship?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli import options
from cli.output import show
from cli.reading import chosen_run, read_prompt
from cli.session import session
from cli.summary import append_summary
from optimizer.models.errors import SelectionError


class OnInconclusive(StrEnum):
    """What an inconclusive gate does."""

    EXIT = "exit"
    PASS = "pass"
    FAIL = "fail"


def gate(
    file: options.FileOrRun,
    prompt: options.Prompt = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Which run, if the file holds several.")
    ] = None,
    strict: options.Strict = False,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option("--on-inconclusive", help="Exit with 3, or take it as passed or failed."),
    ] = OnInconclusive.EXIT,
    fail_code: Annotated[
        int, typer.Option("--fail-code", min=1, max=125, help="Exit code of a failed gate.")
    ] = 1,
    require_baseline: Annotated[
        bool, typer.Option("--require-baseline", help="Refuse to judge without a baseline.")
    ] = False,
    bridge: options.Bridge = None,
    trust: options.Trust = False,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.GateOutputs = None,
    json: options.Json = False,
) -> None:
    """Judge a run by the thresholds, for CI. Stores nothing.

    Exit code 0: passed. 1: failed. 2: could not be judged. 3: inconclusive, too few tests.

    Example: optimizer gate run.json --set scoring.min_success_rate=0.9
    """
    from optimizer.models.rules import GateStatus
    from optimizer.pipeline.gate import gate as gate_run
    from optimizer.pipeline.gate import worst
    from optimizer.pipeline.view import run_view
    from optimizer.scoring_rules import ScoringRules
    from reports.gallery.gate import gate as gate_report

    if require_baseline:
        raise SelectionError(f"{file}: no baseline to compare with, and one is required")
    here = session(store, config, set_)
    settings = here.loaded.config
    with chosen_run(file, here, run=run, bridge=bridge, trust=trust, outputs=output) as chosen:
        view = run_view(
            chosen.history,
            chosen.run_id,
            rules=ScoringRules.from_config(settings.scoring.model_dump()),
            level=settings.evidence.level,
            prompt=read_prompt(prompt),
            recorded_prompts=False,
        )
    results = gate_run(view, strict=strict)
    document = gate_report(results)
    show(
        document,
        {"status": worst(results), "results": results},
        json=json,
        outputs=output,
    )
    append_summary(document)
    codes = {
        GateStatus.PASSED: 0,
        GateStatus.FAILED: fail_code,
        GateStatus.INCONCLUSIVE: {"exit": 3, "pass": 0, "fail": fail_code}[on_inconclusive],
    }
    raise typer.Exit(codes[worst(results)])
