"""The language model that an optimization asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.optimizing.wish import with_said
from cli.optimizing.world import clock, opener
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from cli.optimizing.wish import Wish
    from cli.session import Session
    from optimizer.models.contract import OptimizationStrategy
    from optimizer.models.optimization_run import ModelUse
    from optimizer.pipeline.optimizing_tools import Rules
    from optimizer.prompts.llm.asking import Asking
    from optimizer.prompts.llm.settings import LlmSettings
    from optimizer.prompts.ports import Proposer


def asking_of(wish: Wish, here: Session, optimization_id: str) -> Asking | None:
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
        Remembered(opener(here), source, optimization_id=optimization_id, now=clock),
    )


def model_name(wish: Wish, here: Session) -> str:
    """Return what tells the model that proposes from another, or "" where there is none."""
    settings = _llm(wish, here)
    if settings.base_url is None and not wish.replay:
        return ""
    told = (settings.base_url or "", settings.model or "", settings.mode, settings.temperature)
    return " ".join(map(str, told))


def proposer_of(
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


def use_of(asking: Asking, wish: Wish, here: Session) -> ModelUse:
    """Return what the model was asked, answers that were known before among them."""
    from optimizer.models.optimization_run import ModelUse

    spent = asking.spent
    return ModelUse(
        model=_llm(wish, here).model or "",
        n_answers=spent.n_answers,
        tokens=spent.tokens,
        cost_usd=spent.cost_usd,
    )


def _llm(wish: Wish, here: Session) -> LlmSettings:
    said = {
        "base_url": wish.llm_base_url,
        "model": wish.llm_model,
        "key_env": wish.llm_key_env,
    }
    return with_said(here.loaded.config.llm, said)
