"""Settings of a parameter that may be tuned, and of what tuning is for."""

from __future__ import annotations

from enum import StrEnum

from optimizer.learning.parameters import Parameter, ParameterKind
from optimizer.models.settings import Settings, together


class OptimizationMode(StrEnum):
    """What is to get better."""

    MAXIMIZE_QUALITY = "maximize_quality"
    MINIMIZE_COST = "minimize_cost"
    MINIMIZE_LATENCY = "minimize_latency"
    BALANCED = "balanced"


class ParameterConfig(Settings):
    """One parameter that may be tuned."""

    name: str
    """As the model takes it."""

    range: tuple[float, float] = (0.0, 1.0)
    """Smallest and largest value."""

    current_value: float | str | None = None
    """The value in use, where runs do not record it."""

    priority: int = 1
    """The highest are tuned first where there are more than `max_parameters`."""

    kind: ParameterKind = ParameterKind.CONTINUOUS
    """`continuous`, `integer` or `choice`."""

    log: bool = False
    """Whether equal ratios count as equal steps."""

    choices: tuple[float | str, ...] = ()
    """The values of a choice."""

    @together
    def _leaves_something_to_search(self) -> None:
        self.parameter()

    def parameter(self) -> Parameter:
        """Return it as what is searched."""
        return Parameter(
            name=self.name,
            kind=self.kind,
            low=self.range[0],
            high=self.range[1],
            log=self.log,
            choices=self.choices,
        )
