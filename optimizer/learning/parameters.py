"""The parameters that are searched, and what was measured of their settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from optimizer.models.dataclass import dataclass

RESOLUTION = 2
"""A continuous value is given to this many decimal places of its range's leading digit."""


class ParameterKind(StrEnum):
    """What values a parameter takes."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"
    CHOICE = "choice"


class SearchStrategy(StrEnum):
    """How the first trials are chosen."""

    GRID = "grid"
    RANDOM = "random"
    LATIN_HYPERCUBE = "latin_hypercube"
    SOBOL = "sobol"


class Acquisition(StrEnum):
    """What tells where to try next, once there are enough trials."""

    UPPER_CONFIDENCE_BOUND = "upper_confidence_bound"
    EXPECTED_IMPROVEMENT = "expected_improvement"
    TPE = "tpe"
    """Tree-structured Parzen estimator, by optuna, an extra."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter and the values it may take.

    Attributes:
        name: As the model takes it: `temperature`.
        kind: What values it takes.
        low: Smallest value; of no use for a choice.
        high: Largest value, above `low`; likewise.
        log: Whether equal ratios count as equal steps; `low` must then be above 0.
        choices: The values of a choice, in the order given, two or more.
    """

    name: str
    kind: ParameterKind = ParameterKind.CONTINUOUS
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.kind is ParameterKind.CHOICE:
            if len(self.choices) < 2:  # noqa: PLR2004 - one value leaves nothing to choose
                raise ValueError(f"{self.name}: {len(self.choices)} choices, expected 2 or more")
            return
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: [{self.low}, {self.high}], expected low below high")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.name}: a log scale from {self.low}, expected it above 0")

    @property
    def levels(self) -> int | None:
        """Return how many values there are; None for a continuous one."""
        match self.kind:
            case ParameterKind.CHOICE:
                return len(self.choices)
            case ParameterKind.INTEGER:
                return math.floor(self.high) - math.ceil(self.low) + 1
            case _:
                return None

    def at(self, unit: float) -> Any:
        """Return the value at a place from 0 to 1."""
        if self.kind is ParameterKind.CHOICE:
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        raw = self._scaled(unit)
        if self.kind is ParameterKind.INTEGER:
            return min(max(round(raw), math.ceil(self.low)), math.floor(self.high))
        span = self.high - self.low
        leading = raw if self.log else span
        rounded = round(raw, RESOLUTION - math.floor(math.log10(leading)))
        return float(min(max(rounded, self.low), self.high))

    def place(self, value: Any) -> float | None:
        """Return where a value lies, 0 to 1; None where it is not one that may be taken."""
        if self.kind is ParameterKind.CHOICE:
            if value not in self.choices:
                return None
            return (self.choices.index(value) + 0.5) / len(self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not self.low <= value <= self.high:
            return None
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def _scaled(self, unit: float) -> float:
        if self.log:
            return self.low * math.exp(unit * math.log(self.high / self.low))
        return self.low + unit * (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one setting of the parameters gave.

    Attributes:
        parameters: The setting: a value for every parameter that is searched.
        value: Mean of what is to be made large.
        variance: Of that mean: that of one test over their number.
        n: Tests behind it.
    """

    parameters: Mapping[str, Any]
    value: float
    variance: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A setting worth trying next.

    Attributes:
        parameters: The setting.
        method: What chose it: `latin_hypercube`, `expected_improvement`.
        mean: What it is expected to give; None where nothing says.
        sd: How uncertain that is; None likewise.
    """

    parameters: Mapping[str, Any]
    method: str
    mean: float | None = None
    sd: float | None = None


def inside(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> bool:
    """Return whether every parameter has a value, and one that may be taken."""
    return all(one.name in values and one.place(values[one.name]) is not None for one in parameters)
