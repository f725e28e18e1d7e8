"""What an optimization works with: who runs tests, the history, files, the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cli.optimizing.models import asking_of, model_name, proposer_of, use_of
from cli.optimizing.questions import suffix_of
from cli.optimizing.world import clock, opener, redactor

if TYPE_CHECKING:
    from cli.optimizing.wish import Wish
    from cli.session import Session
    from optimizer.models.optimization_question import OptimizationQuestion
    from optimizer.models.sites import PromptSite
    from optimizer.models.tasks import Run
    from optimizer.pipeline.optimizing_tools import Rules, Tools
    from optimizer.prompts.ports import Executor
    from optimizer.prompts.search.base import Engine, Progress
    from optimizer.prompts.search.settings import GepaSettings


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
    asking = asking_of(wish, here, identity)
    text = question.site.text
    return Tools(
        executor=executor,
        whole_suite=bool(getattr(executor, "runs_whole_suite", False)),
        engine=_engine(question.engine, here.loaded.config.gepa),
        model=None if asking is None else proposer_of(asking, here, wish, rules, text),
        model_name=name,
        model_use=lambda: None if asking is None else use_of(asking, wish, here),
        cassette_sha256=lambda: _sha256_of(wish.cassette),
        open_history=opener(here),
        files=project_files(here),
        who=who(here, by),
        now=clock,
        watch=watch,
    )


def reader(here: Session) -> Callable[[Path], Sequence[Run]]:
    """Return what reads result files of whatever tool."""
    from executor_bridge import read

    settings = here.loaded.config.ingest
    return lambda path: read(str(path), settings, stdin=None, received_at=clock()).runs


def _engine(name: str, settings: GepaSettings) -> Engine:
    from optimizer.prompts.search.gepa_engine import GepaEngine
    from optimizer.prompts.search.own import ClusterSearch

    return GepaEngine(settings) if name == GepaEngine.name else ClusterSearch()


def _sha256_of(file: str | None) -> str | None:
    """Return the hash of a file's content, or None where there is no such file."""
    path = None if file is None else Path(file)
    return sha256(path.read_bytes()).hexdigest() if path is not None and path.exists() else None
