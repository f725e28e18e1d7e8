"""The section of the strategies, made from the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from optimizer.models.settings import Settings
from optimizer.strategies import STRATEGIES


class Configurable(Protocol):
    """What this section needs to know of a strategy."""

    name: ClassVar[str]
    priority: ClassVar[int]
    settings_type: ClassVar[type[Settings]]


class StrategySwitch(Settings):
    """What can be set of every strategy, beside its own settings."""

    enabled: bool = True
    """Whether the strategy is asked."""

    priority: int
    """Place in the order of asking, the highest first."""


class StrategiesSection(Settings):
    """Which strategies are asked, in which order, and how each of them judges."""

    def of(self, strategy: type[Configurable]) -> StrategySwitch:
        """Return what is set of a strategy: its switch, and an instance of its settings."""
        return cast(StrategySwitch, getattr(self, strategy.name))


def strategies_section(strategies: Iterable[type[Configurable]]) -> type[StrategiesSection]:
    """Return a section with one entry per strategy, of its settings and `StrategySwitch`.

    Raises:
        TypeError: A strategy has a setting of the same name as one of the switch.
    """
    kinds: dict[str, type[Any]] = {one.name: _entry_type(one) for one in strategies}
    fields: dict[str, Any] = {name: kind() for name, kind in kinds.items()}
    return _section("StrategiesSettings", (StrategiesSection,), kinds, fields)


def _entry_type(strategy: type[Configurable]) -> type[StrategySwitch]:
    own = strategy.settings_type
    if taken := own.model_fields.keys() & StrategySwitch.model_fields.keys():
        raise TypeError(f"{own.__name__}: {', '.join(sorted(taken))} is kept for every strategy")
    priority = {"priority": strategy.priority}
    return _section(own.__name__, (own, StrategySwitch), {"priority": int}, priority)


def _section(
    name: str, bases: tuple[type, ...], kinds: Mapping[str, type], defaults: Mapping[str, Any]
) -> type[Any]:
    """Return a section of its own fields and those of its bases."""
    said = {"__module__": __name__, "__doc__": bases[0].__doc__, "__annotations__": dict(kinds)}
    return type(name, bases, {**said, **defaults})


if TYPE_CHECKING:
    StrategiesSettings = StrategiesSection
else:
    StrategiesSettings = strategies_section(STRATEGIES)
