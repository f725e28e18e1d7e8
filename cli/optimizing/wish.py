"""What was asked of an optimization, and the settings it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.models.settings import Settings
    from optimizer.pipeline.optimizing_tools import Rules

S = TypeVar("S", bound="Settings")

NAMES = {"timeout_s": "--timeout", "base_url": "--llm-base-url", "model": "--llm-model"}

ALL_AT_ONCE = 1_000_000


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
    optimize = with_said(
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
    runner = with_said(config.runner, {"jobs": wish.jobs, "timeout_s": wish.timeout})
    if wish.timeout is not None:
        runner = with_said(runner, {"timeout_per_case_s": 0.0})
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


def with_said(settings: S, said: Mapping[str, object]) -> S:
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
