"""One search in one world, held to the truth, and the confirmation of what it found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from benchmarks.world.baselines import HillClimb, RandomSearch
from benchmarks.world.planted import SEED_PROMPT, VARIABLE, Axes, PlantedExecutor, World
from benchmarks.world.proposer import SkilledProposer
from optimizer.models.optimization import Draft, Searched
from optimizer.models.versions import Confirmation
from optimizer.prompts.search.base import Engine, SearchTask
from optimizer.prompts.search.gepa_engine import GepaEngine
from optimizer.prompts.search.own import ClusterSearch
from optimizer.prompts.settings import OptimizeSettings
from optimizer.prompts.testing.metering import Forgetful, Meter
from optimizer.prompts.versions.confirming import Occasion, confirm, tests_of

ENGINES: tuple[Engine, ...] = (ClusterSearch(), GepaEngine(), HillClimb(), RandomSearch())
"""Ours first; what the others are held against."""

NO_HOUR = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing in a world depends on when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a search is tried on.

    Attributes:
        engine: Name of the engine.
        world: Seed of the world.
        skill: Of the proposer, 0 to 1.
        budget: Tests the search may spend.
        axes: What differs from a plain world.
        is_confirmed: Whether the champion is held against a fresh control afterwards.
    """

    engine: str
    world: int
    skill: float
    budget: int
    axes: Axes = field(default_factory=Axes)
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a search.

    Attributes:
        setup: What it was tried on.
        regret: Expected pass rate of the best prompt there is, minus that of the champion.
        gain: Expected pass rate of the champion, minus that of the seed.
        reported: Validation pass rate of the champion.
        seed_reported: That of the seed.
        truth: Its expected pass rate.
        is_changed: Whether the champion is another prompt than the seed.
        is_variable_lost: Whether it lost the variable.
        growth: Its length, as a multiple of the seed's.
        n_spent: Tests of the search.
        n_overdrawn: Tests beyond the budget, of the search and of the confirmation.
        n_tested: Prompts scored on validation.
        is_promotable: Whether held-out tests confirmed it; None where none were run.
        confirmed: Its held-out pass rate, likewise.
        confirmed_gain: Its held-out gain over the control, likewise.
    """

    setup: Setup
    regret: float
    gain: float
    reported: float
    seed_reported: float
    truth: float
    is_changed: bool
    is_variable_lost: bool
    growth: float
    n_spent: int
    n_overdrawn: int
    n_tested: int
    is_promotable: bool | None = None
    confirmed: float | None = None
    confirmed_gain: float | None = None


def tried(setup: Setup) -> Trial:
    """Search a world."""
    world = _world(setup.world, setup.axes)
    meter = Meter(PlantedExecutor(world), Forgetful(), budget=setup.budget)
    found = _engine(setup.engine).search(
        SearchTask(
            seed_prompt=SEED_PROMPT,
            split=world.split,
            proposers=(SkilledProposer(setup.skill),),
            guard=keeps_variable,
            meter=meter,
            seed=setup.world,
        )
    )
    trial = _trial(setup, world, found, meter)
    if not setup.is_confirmed or not trial.is_changed:
        return trial
    looked = confirmed(world, found.champion.text)
    return replace(
        trial,
        n_overdrawn=trial.n_overdrawn + looked.n_overdrawn,
        is_promotable=looked.confirmation.is_better,
        confirmed=looked.confirmation.n_champion_passed / looked.confirmation.n_tests,
        confirmed_gain=looked.confirmation.estimate,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What held-out tests said, and how many there were too many."""

    confirmation: Confirmation
    n_overdrawn: int


def confirmed(world: World, champion: str, *, control: str = SEED_PROMPT) -> Look:
    """Hold a champion against a fresh control on the held-out cases."""
    settings = OptimizeSettings(seed=world.seed)
    budget = tests_of(world.split.holdout, settings)
    meter = Meter(PlantedExecutor(world), Forgetful(), budget=budget)
    looked = confirm(
        control=control,
        champion=champion,
        cases=world.split.holdout,
        meter=meter,
        occasion=Occasion(
            optimization_id=f"world {world.seed}", prompt_id="planted", seq=1, looked_at=NO_HOUR
        ),
        settings=settings,
    )
    return Look(confirmation=looked.confirmation, n_overdrawn=max(0, meter.n_executed - budget))


def keeps_variable(draft: Draft, parent: str) -> str | None:
    """Say why a draft may not be tested: it lost the variable."""
    return None if draft.text.count(VARIABLE) == parent.count(VARIABLE) else "lost {ticket}"


def _trial(setup: Setup, world: World, found: Searched, meter: Meter) -> Trial:
    champion = found.champion
    truth = world.truth(champion.text)
    return Trial(
        setup=setup,
        regret=0.0 if setup.axes.is_null else world.optimum - truth,
        gain=truth - world.truth(SEED_PROMPT),
        reported=champion.pass_rate,
        seed_reported=next(one.pass_rate for one in found.candidates if one.text == SEED_PROMPT),
        truth=truth,
        is_changed=champion.text != SEED_PROMPT,
        is_variable_lost=VARIABLE not in champion.text,
        growth=len(champion.text) / len(SEED_PROMPT),
        n_spent=meter.n_spent,
        n_overdrawn=max(0, meter.n_executed - setup.budget),
        n_tested=len(found.candidates),
    )


def _engine(name: str) -> Engine:
    return next(engine for engine in ENGINES if engine.name == name)


@lru_cache(maxsize=512)
def _world(seed: int, axes: Axes) -> World:
    return World(seed, axes)
