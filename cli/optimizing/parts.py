"""What `optimizer optimize` needs of the world: files, commands, services, the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from optimizer.models.errors import ConfigError, SelectionError
from optimizer.models.names import legible

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.store import History
    from optimizer.models.contract import OptimizationStrategy
    from optimizer.models.optimization import Draft
    from optimizer.models.optimization_question import OptimizationQuestion
    from optimizer.models.optimization_run import ModelUse
    from optimizer.models.settings import Settings
    from optimizer.models.sites import PromptSite
    from optimizer.models.tasks import Run
    from optimizer.pipeline.optimizing_tools import Rules, Tools
    from optimizer.prompts.llm.asking import Asking
    from optimizer.prompts.llm.settings import LlmSettings
    from optimizer.prompts.ports import Executor, Proposer
    from optimizer.prompts.search.base import Engine, Progress
    from optimizer.prompts.search.settings import GepaSettings

S = TypeVar("S", bound="Settings")

PLACE = "#"
"""Separates a file from the prompt in it."""

MOST_NAMED = 10
"""Prompts that an error names."""

PLAIN_SUFFIX = ".txt"
"""How a file ends that holds a prompt and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line, in values that JSON can hold.

    Attributes:
        prompt: The file, with #POINTER where it holds several.
        cases: The file of the tests; None: there are none.
        workflow: The workflow it is part of, or None.
        strategy: How it is to be rewritten.
        engine: own or gepa.
        executor: The command that runs tests; None: nobody does, or somebody elsewhere.
        label: What tests that run elsewhere are called.
        candidates: Files with prompts of the user's own, separated by the path separator.
        budget: As the settings of that name have it; None leaves the setting, as do the next.
        holdout: Likewise.
        replicates: Likewise.
        seed: Likewise.
        jobs: Likewise.
        timeout: Likewise, in seconds.
        llm_base_url: Likewise.
        llm_model: Likewise.
        llm_key_env: Likewise.
        cassette: File with recorded answers, or None.
        replay: Whether only recorded answers are given.
    """

    prompt: str
    cases: str | None
    workflow: str | None
    strategy: str
    engine: str
    executor: str | None
    label: str
    candidates: str
    budget: int | None
    holdout: float | None
    replicates: int | None
    seed: int | None
    jobs: int | None
    timeout: float | None
    llm_base_url: str | None
    llm_model: str | None
    llm_key_env: str | None
    cassette: str | None
    replay: bool

    def options(self) -> dict[str, str | int | float | bool | None]:
        """Return it by name."""
        return asdict(self)


def rules_of(wish: Wish, here: Session, *, elsewhere: bool) -> Rules:
    """Return the settings, with what the command line says in their place.

    Raises:
        ConfigError: A value is not as its setting expects.
    """
    from optimizer.pipeline.optimizing_tools import Rules

    config = here.loaded.config
    optimize = _changed(
        config.optimize,
        {
            "budget": wish.budget,
            "holdout": wish.holdout,
            "replicates": wish.replicates,
            "seed": wish.seed,
            # Whoever runs tests by hand is asked for all held-out cases of a prompt at once.
            "confirmation_block": ALL_AT_ONCE if elsewhere else None,
        },
    )
    runner = _changed(config.runner, {"jobs": wish.jobs, "timeout_s": wish.timeout})
    if wish.timeout is not None:
        runner = _changed(runner, {"timeout_per_case_s": 0.0})
    return Rules(
        optimize=optimize,
        runner=runner,
        search=config.search,
        choosing=config.choosing,
        few_shot=config.few_shot,
        transforms=config.transforms,
        scoring=config.scoring,
        comparison=config.comparison,
        store=config.store,
    )


ALL_AT_ONCE = 1_000_000
NAMES = {"timeout_s": "--timeout", "base_url": "--llm-base-url", "model": "--llm-model"}


def question_of(wish: Wish, here: Session, rules: Rules) -> OptimizationQuestion:
    """Return what is asked.

    Raises:
        FormatError: The prompt's file or the cases cannot be read.
        SelectionError: The file holds no prompt, or more than one and none is named.
    """
    from optimizer.models.contract import OptimizationStrategy
    from optimizer.models.optimization_question import OptimizationQuestion
    from optimizer.prompts.runner.cases import read_cases

    return OptimizationQuestion(
        site=site_of(wish.prompt, here),
        cases=read_cases(Path(wish.cases)) if wish.cases else (),
        workflow_id=wish.workflow,
        strategy=OptimizationStrategy(wish.strategy),
        engine=wish.engine,
        seed=rules.optimize.seed,
        holdout=rules.optimize.holdout,
        replicates=rules.optimize.replicates,
        drafts=tuple(_own_drafts(wish.candidates)),
    )


def site_of(prompt: str, here: Session) -> PromptSite:
    """Return the prompt that is meant.

    Raises:
        FormatError: The file cannot be read.
        SelectionError: It holds no prompt, or more than one and none is named.
    """
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.prompt_files import find_prompts

    root = project_files(here).root
    whole = Path(prompt)
    file, _, place = (prompt, "", "") if whole.exists() else prompt.partition(PLACE)
    found = find_prompts([Path(file)], root=root, settings=here.loaded.config.extract)
    sites = [one for one in found.sites if not place or one.pointer == place]
    if len(sites) == 1:
        return sites[0]
    if not sites and not place:
        reasons = "; ".join(one.reason for one in found.skipped) or "no prompt"
        raise SelectionError(f"{file}: {reasons}, expected a prompt")
    names = [f"{one.path}{PLACE}{one.pointer}".removesuffix(PLACE) for one in found.sites]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    raise SelectionError(
        f"{prompt}: {len(sites)} prompts are meant, expected one",
        hint=f"Name one of {', '.join(names[:MOST_NAMED])}{more}." if names else None,
    )


def executor_of(
    wish: Wish, here: Session, rules: Rules, site: PromptSite, *, elsewhere: bool
) -> Executor | None:
    """Return who runs the tests, or None where nobody does.

    Raises:
        ConfigError: The command cannot be understood.
    """
    from optimizer.prompts.runner.command import CommandExecutor
    from optimizer.prompts.testing.asking import Asking as AskingElsewhere

    if elsewhere:
        return AskingElsewhere(fingerprint=f"elsewhere: {wish.label}")
    if wish.executor is None:
        return None
    return CommandExecutor(
        wish.executor,
        read=reader(here),
        settings=rules.runner,
        seed=rules.optimize.seed,
        cwd=Path.cwd(),
        environment=dict(os.environ),
        suffix=suffix_of(site),
        redact=redactor(here),
    )


def tools_of(  # what an optimization works with has as many parts
    wish: Wish,
    here: Session,
    rules: Rules,
    question: OptimizationQuestion,
    *,
    executor: Executor | None,
    by: str | None,
    watch: Callable[[Progress], None] | None,
) -> Tools:
    """Return what the optimization works with.

    Raises:
        ConfigError: The model's settings do not say enough.
    """
    from cli.deciding import who
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.optimizing_tools import Tools

    name = model_name(wish, here)
    identity = question.identity(executor.fingerprint if executor else "", name)
    asking = _asking(wish, here, identity)
    return Tools(
        executor=executor,
        whole_suite=bool(getattr(executor, "runs_whole_suite", False)),
        engine=_engine(question.engine, here.loaded.config.gepa),
        model=None if asking is None else _model(asking, here, wish, rules, question.site.text),
        model_name=name,
        model_use=lambda: None if asking is None else _use(asking, wish, here),
        cassette_sha256=lambda: _sha256_of(wish.cassette),
        open_history=opener(here),
        files=project_files(here),
        who=who(here, by),
        now=_now,
        watch=watch,
    )


def suffix_of(site: PromptSite) -> str:
    """Return how a file with nothing but the prompt ends: as its own, where that holds no more."""
    return PLAIN_SUFFIX if site.pointer else Path(site.path).suffix or PLAIN_SUFFIX


def opener(here: Session) -> Callable[[], AbstractContextManager[History]]:
    """Return what opens the history for writing, for as long as one question takes."""
    from optimizer.history.store import open_history

    return lambda: open_history(here.store, lock_timeout_s=here.lock_timeout_s, now=here.now)


def redactor(here: Session) -> Callable[[str], str]:
    """Return what blanks the secrets in a text."""
    from optimizer.models.redaction import redact

    settings = here.loaded.config.ingest
    if not settings.redact:
        return str
    patterns = settings.redact_patterns
    return lambda text: redact(text.encode("utf-8", "replace"), patterns).content.decode()


def _own_drafts(candidates: str) -> list[Draft]:
    from cli.reading.results import read_prompt
    from optimizer.models.optimization import Draft

    paths = [Path(name) for name in candidates.split(os.pathsep) if name]
    return [
        Draft(text=read_prompt(path) or "", proposer="user", why=f"written in {legible(str(path))}")
        for path in paths
    ]


def _engine(name: str, settings: GepaSettings) -> Engine:
    from optimizer.prompts.search.gepa_engine import GepaEngine
    from optimizer.prompts.search.own import ClusterSearch

    return GepaEngine(settings) if name == GepaEngine.name else ClusterSearch()


def _asking(wish: Wish, here: Session, optimization_id: str) -> Asking | None:
    """Return who asks the language model, or None where none is configured.

    Raises:
        ConfigError: The settings do not say enough, or the cassette cannot be used.
    """
    from optimizer.prompts.llm.asking import Asking, model_of, source_of
    from optimizer.prompts.llm.cassette import open_tape
    from optimizer.prompts.llm.remembered import Remembered

    settings = _llm(wish, here)
    if settings.base_url is None and not wish.replay:
        if wish.cassette:
            raise ConfigError(
                "--cassette: no model is named that could be recorded",
                hint="Name one with --llm-base-url and --llm-model, or give --replay.",
            )
        return None
    if settings.base_url is not None:
        model_of(settings)
    tape = None
    if wish.cassette:
        tape = open_tape(
            Path(wish.cassette),
            model=model_of(settings),
            base_url=settings.base_url,
            today=here.now.date(),
            must_exist=wish.replay,
        )
    source = source_of(settings, environ=os.environ, tape=tape, replay=wish.replay)
    return Asking(
        settings,
        Remembered(opener(here), source, optimization_id=optimization_id, now=_now),
    )


def model_name(wish: Wish, here: Session) -> str:
    """Return what tells the model that proposes from another, or "" where there is none."""
    settings = _llm(wish, here)
    if settings.base_url is None and not wish.replay:
        return ""
    told = (settings.base_url or "", settings.model or "", settings.mode, settings.temperature)
    return " ".join(map(str, told))


def _llm(wish: Wish, here: Session) -> LlmSettings:
    said = {
        "base_url": wish.llm_base_url,
        "model": wish.llm_model,
        "key_env": wish.llm_key_env,
    }
    return _changed(here.loaded.config.llm, said)


def _model(
    asking: Asking, here: Session, wish: Wish, rules: Rules, text: str
) -> Callable[[OptimizationStrategy], Proposer]:
    """Return what makes the proposer that asks the model."""
    from optimizer.prompts.search.guards import longest
    from optimizer.prompts.search.llm import LlmProposer

    def proposer(strategy: OptimizationStrategy) -> Proposer:
        return LlmProposer(
            asking,
            _llm(wish, here),
            strategy=strategy,
            max_tokens=longest(text, rules.optimize),
            patterns=here.loaded.config.ingest.redact_patterns,
        )

    return proposer


def _use(asking: Asking, wish: Wish, here: Session) -> ModelUse:
    """Return what the model was asked, answers that were known before among them."""
    from optimizer.models.optimization_run import ModelUse

    spent = asking.spent
    return ModelUse(
        model=_llm(wish, here).model or "",
        n_answers=spent.n_answers,
        tokens=spent.tokens,
        cost_usd=spent.cost_usd,
    )


def reader(here: Session) -> Callable[[Path], Sequence[Run]]:
    """Return what reads result files of whatever tool."""
    from executor_bridge import read

    settings = here.loaded.config.ingest
    return lambda path: read(str(path), settings, stdin=None, received_at=_now()).runs


def _changed(settings: S, said: Mapping[str, object]) -> S:
    """Return settings with what was said in their place; None leaves them."""
    changes = {name: value for name, value in said.items() if value is not None}
    try:
        return (
            settings.model_validate({**settings.model_dump(), **changes}) if changes else settings
        )
    except ValidationError as error:
        from optimizer.config.faults import fault

        detail = error.errors(include_url=False)[0]
        name = str(detail["loc"][0])
        option = NAMES.get(name, f"--{name.replace('_', '-')}")
        raise ConfigError(f"{option}: {fault(detail)}") from error


def _sha256_of(file: str | None) -> str | None:
    """Return the hash of a file's content, or None where there is no such file."""
    path = None if file is None else Path(file)
    return sha256(path.read_bytes()).hexdigest() if path is not None and path.exists() else None


def _now() -> datetime:
    return datetime.now(UTC)
