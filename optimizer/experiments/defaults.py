"""Settings of experiments."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings
from optimizer.models.terms import AllocationPolicy, Looks

Share = Annotated[float, Field(gt=0, lt=1)]


class ExperimentSettings(Settings):
    """What an experiment is planned with, where its plan says nothing else."""

    min_cases: Annotated[int, Field(ge=2)] = 100
    """Cases before the first look; fewer where fewer are planned."""

    default_cases: Annotated[int, Field(ge=2)] = 1000
    """Planned cases where no effect is stated to plan for."""

    max_duration_days: Annotated[float, Field(gt=0)] = 7.0
    """Days after which an experiment should end."""

    early_stopping: bool = True
    """Whether it may end before the planned cases have run."""

    looks: Looks = Looks.OBF
    """How repeated looks are paid for: `obf`, `pocock` or `open`."""

    futility: Annotated[float, Field(ge=0, lt=1)] = 0.10
    """It should end when the chance of a result falls below this; 0: never."""

    allocation: AllocationPolicy = AllocationPolicy.FIXED
    """How tests are shared: `fixed`, `epsilon_greedy`, `ucb` or `thompson`."""

    max_traffic: Share = 0.10
    """Largest share of live traffic that all candidates get together."""

    epsilon: Share = 0.10
    """Share of the tests that `epsilon_greedy` spreads evenly."""

    exploration: Annotated[float, Field(ge=0)] = 2**0.5
    """Width of the bonus that `ucb` gives to arms tried little."""

    batch: Annotated[int, Field(ge=1)] = 100
    """Tests of the next batch, shared out in reports."""
