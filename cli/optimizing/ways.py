"""The ways to run an optimization: here, elsewhere, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli import typer
from cli.optimizing.models import model_name
from cli.optimizing.questions import question_of, suffix_of
from cli.optimizing.tools import executor_of, tools_of
from cli.optimizing.wish import Wish, rules_of
from cli.optimizing.world import opener, redactor
from cli.terminal.progress import searching
from cli.writing.reports import write_file
from optimizer.models.errors import ConfigError, SelectionError
from optimizer.models.optimization_run import OptimizationRun, OptimizationStatus, WantedTests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.session import Session
    from optimizer.models.optimization import Case
    from optimizer.prompts.testing.asking import Manifest, Waits

MANIFEST = "manifest.json"


def run(
    wish: Wish,
    here: Session,
    *,
    by: str | None,
    plan: bool,
    resume: bool,
    promote: bool,
    propose: Path | None,
    go_on: Path | None,
) -> OptimizationRun:
    """Run an optimization as far as it goes.

    Raises:
        BadParameter: The options contradict each other, or the prompt or its tests are missing.
        ConfigError: A file of the folder of wanted tests cannot be used.
        SelectionError: There is none to resume.
    """
    if go_on is not None:
        _require(not wish.prompt and propose is None, "--continue: takes all from its folder")
        manifest = _manifest(go_on)
        wish = _wish(manifest, go_on)
        cases = _cases(manifest, go_on, wish, here)
        _take_results(manifest, go_on, cases, wish, here)
        return _advance(wish, here, by=by, resume=False, promote=promote, folder=go_on)
    _require(bool(wish.prompt), "missing argument 'PROMPT'")
    _require(wish.cases is not None or wish.executor is None, "--executor: needs --cases")
    _require(propose is None or wish.executor is None, "--propose: others run the tests")
    _require(propose is None or wish.cases is not None, "--propose: needs --cases")
    if plan:
        return _planned(wish, here)
    return _advance(wish, here, by=by, resume=resume, promote=promote, folder=propose)


def _planned(wish: Wish, here: Session) -> OptimizationRun:
    from optimizer.pipeline.optimizing import planned

    rules = rules_of(wish, here, elsewhere=False)
    question = question_of(wish, here, rules)
    executor = executor_of(wish, here, rules, question.site, elsewhere=False)
    whole = bool(getattr(executor, "runs_whole_suite", False))
    return planned(question, rules, whole_suite=whole)


def _advance(
    wish: Wish, here: Session, *, by: str | None, resume: bool, promote: bool, folder: Path | None
) -> OptimizationRun:
    """Go as far as results and budget allow; write down what is wanted where others run tests."""
    from optimizer.pipeline.optimizing import is_under_way, optimize
    from optimizer.prompts.testing.asking import Waits

    elsewhere = folder is not None
    rules = rules_of(wish, here, elsewhere=elsewhere)
    question = question_of(wish, here, rules)
    executor = executor_of(wish, here, rules, question.site, elsewhere=elsewhere)
    with searching(rules.optimize.budget) as watch:
        tools = tools_of(wish, here, rules, question, executor=executor, by=by, watch=watch)
        if resume and not is_under_way(question, tools):
            raise SelectionError(
                f"{wish.prompt}: no optimization of it was cut short, with these cases, this "
                "executor and these options",
                hint="Leave out --resume to begin one.",
            )
        try:
            return optimize(question, tools, rules, promote_it=promote)
        except Waits as waits:
            return _write_wanted(waits, wish, folder or Path(), suffix_of(question.site))


def _write_wanted(waits: Waits, wish: Wish, folder: Path, suffix: str) -> OptimizationRun:
    """Write down which tests are wanted, the manifest last."""
    import msgspec

    from optimizer.models.tasks import text_sha256
    from optimizer.prompts.testing.asking import MANIFEST_VERSION, Manifest

    run, wanted = waits.run, waits.wanted
    step = _step(folder)
    files = WantedTests(
        folder=str(folder),
        prompt_file=f"prompt-{step:03}{suffix}",
        cases_file=f"cases-{step:03}.json",
        results_file=f"results-{step:03}.json",
        n=len(wanted.cases),
        step=step,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}") from error
    bodies = [json.loads(case.body) for case in wanted.cases]
    write_file(folder / files.prompt_file, wanted.prompt)
    write_file(folder / files.cases_file, json.dumps(bodies, ensure_ascii=False, indent=1) + "\n")
    manifest = Manifest(
        format_version=MANIFEST_VERSION,
        optimization_id=run.optimization_id,
        step=step,
        prompt_file=files.prompt_file,
        cases_file=files.cases_file,
        results_file=files.results_file,
        prompt_sha256=text_sha256(wanted.prompt),
        replicate=wanted.replicate,
        case_ids=tuple(case.case_id for case in wanted.cases),
        n_spent=run.n_spent,
        budget=run.budget,
        options=wish.options(),
    )
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1).decode()
    write_file(folder / MANIFEST, body + "\n")
    return replace(run, status=OptimizationStatus.WAITING, wanted=files)


def _step(folder: Path) -> int:
    """Return the number of the next wish."""
    if not (folder / MANIFEST).exists():
        return 1
    return _manifest(folder).step + 1


def _manifest(folder: Path) -> Manifest:
    from optimizer.prompts.testing.asking import read_manifest

    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror}",
            hint="Name the folder that --propose wrote to.",
        ) from error
    return read_manifest(content, str(path))


def _wish(manifest: Manifest, folder: Path) -> Wish:
    """Return what was asked for when the tests were wanted.

    Raises:
        ConfigError: The manifest does not say it.
    """
    import msgspec

    from optimizer.models.contract import OptimizationStrategy

    try:
        wish = msgspec.convert(manifest.options, Wish)
        OptimizationStrategy(wish.strategy)
    except ValueError as error:
        raise ConfigError(
            f"{folder / MANIFEST}: options: {error}, expected them as --propose wrote them",
            hint="Begin anew with --propose; results that are stored are not asked for again.",
        ) from error
    return wish


def _cases(manifest: Manifest, folder: Path, wish: Wish, here: Session) -> Sequence[Case]:
    """Return the cases, unless the question is not the one that the tests were wanted for.

    Raises:
        ConfigError: The prompt, its cases or the settings are not those of the manifest.
    """
    rules = rules_of(wish, here, elsewhere=True)
    question = question_of(wish, here, rules)
    executor = executor_of(wish, here, rules, question.site, elsewhere=True)
    name = question.identity(executor.fingerprint if executor else "", model_name(wish, here))
    if name != manifest.optimization_id:
        raise ConfigError(
            f"{folder / MANIFEST}: optimization {manifest.optimization_id} is of another prompt, "
            f"other cases or other settings than now, expected {name}",
            hint="Restore them, or begin anew with --propose.",
        )
    return question.cases


def _take_results(
    manifest: Manifest, folder: Path, cases: Sequence[Case], wish: Wish, here: Session
) -> None:
    """Store the results of what was wanted.

    Raises:
        ExecutorError: A result is missing, there twice, or of another prompt.
    """
    from cli.optimizing.tools import reader
    from optimizer.pipeline.elsewhere import store_results
    from optimizer.prompts.runner.answers import written

    path = folder / manifest.results_file
    if not path.is_file():
        raise ConfigError(
            f"{path}: no file, expected the results of {len(manifest.case_ids)} tests",
            hint=f"Run {folder / manifest.prompt_file} on {folder / manifest.cases_file}.",
        )
    told = written(
        path, reader(here), replicate=manifest.replicate, redact=redactor(here), name=str(path)
    )
    store_results(
        told,
        manifest,
        cases,
        fingerprint=f"elsewhere: {wish.label}",
        open_history=opener(here),
        at=here.now,
    )


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise typer.BadParameter(problem)
