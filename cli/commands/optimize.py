"""`optimizer optimize`: a better prompt, found and confirmed by the user's own tests."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session

COULD_NOT = 2


class StrategyName(StrEnum):
    """How a prompt is rewritten."""

    AUTO = "auto"
    CLARITY = "clarity_focus"
    EFFICIENCY = "efficiency_focus"
    STRUCTURE = "structure_focus"
    LLM_GUIDED = "llm_guided"
    LLM_CLARITY = "llm_clarity"
    LLM_EFFICIENCY = "llm_efficiency"
    HYBRID = "hybrid"


class EngineName(StrEnum):
    """Who searches."""

    OWN = "own"
    GEPA = "gepa"


def optimize(
    prompt: Annotated[
        str | None,
        typer.Argument(
            help="The prompt's file; FILE#POINTER where it holds several ('prompts extract')."
        ),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases", help="The tests: a JSON list of objects, or one to a line.", exists=False
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            help="Command that runs tests: 'run.py {prompt_file} {cases_file} {out}'; or "
            "py:module:function. Without it there are drafts only.",
        ),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option("--workflow", "-w", help="The workflow the prompt is part of.")
    ] = None,
    strategy: Annotated[
        StrategyName, typer.Option("--strategy", help="How it is rewritten; auto: by what fails.")
    ] = StrategyName.AUTO,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="Who searches; gepa is an extra.")
    ] = EngineName.OWN,
    candidate: Annotated[
        list[Path] | None,
        typer.Option("--candidate", help="A prompt of your own to test as well; repeatable."),
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", help="Tests that may be run in all.")
    ] = None,
    holdout: Annotated[
        float | None, typer.Option("--holdout", help="Share of the cases that confirm, 0 to 1.")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option("--replicates", help="How often each held-out case is run.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Test processes that run at once.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", help="Seconds a test process may take.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Decides everything random.")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what it would take; run nothing.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with one that was cut short; fail if none was.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="Put a confirmed prompt in force, file included.")
    ] = False,
    propose: Annotated[
        Path | None,
        typer.Option("--propose", help="Folder to write wanted tests to, where others run them."),
    ] = None,
    continue_: Annotated[
        Path | None,
        typer.Option("--continue", help="Folder with the results of what was wanted; goes on."),
    ] = None,
    llm_base_url: Annotated[
        str | None,
        typer.Option("--llm-base-url", help="OpenAI-compatible service that may propose."),
    ] = None,
    llm_model: Annotated[
        str | None, typer.Option("--llm-model", help="Model of that service.")
    ] = None,
    llm_key_env: Annotated[
        str | None, typer.Option("--llm-key-env", help="Environment variable with its key.")
    ] = None,
    cassette: Annotated[
        Path | None, typer.Option("--cassette", help="File that keeps the model's answers.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Take answers from the cassette alone.")
    ] = False,
    by: options.ByNow = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Search a better prompt with your tests; confirm it on cases that the search never saw.

    Nothing is paid for twice: run it again after an interruption, and it goes on.

    Exit code 0: it came to its end. 1: held-out tests did not confirm what it found. 2: it was
    cut short, or could not begin.

    Example: optimizer optimize prompts/triage.md --cases cases.jsonl --executor \
"python run_tests.py {prompt_file} {cases_file} {out}" --budget 300
    """
    from cli.optimizing.ways import run
    from cli.optimizing.wish import Wish
    from optimizer.models.optimization_run import OptimizationStatus
    from reports.gallery.optimization import optimization
    from reports.tables.searches import search_tables

    wish = Wish(
        prompt=prompt or "",
        cases=None if cases is None else str(cases),
        workflow=workflow,
        strategy=strategy.value,
        engine=engine.value,
        executor=executor,
        label="" if propose is None else propose.name,
        candidates=os.pathsep.join(map(str, candidate or ())),
        budget=budget,
        holdout=holdout,
        replicates=replicates,
        seed=seed,
        jobs=jobs,
        timeout=timeout,
        llm_base_url=llm_base_url,
        llm_model=llm_model,
        llm_key_env=llm_key_env,
        cassette=None if cassette is None else str(cassette),
        replay=replay,
    )
    here = session(store, config, set_)
    found = run(
        wish,
        here,
        by=by,
        plan=plan,
        resume=resume,
        promote=promote,
        propose=propose,
        go_on=continue_,
    )
    show(optimization(found), found, json=json, outputs=output, tables=search_tables(found))
    if found.status is OptimizationStatus.STOPPED:
        raise typer.Exit(COULD_NOT)
    if found.held_out is not None and not found.held_out.confirmation.is_licence:
        raise typer.Exit(1)
