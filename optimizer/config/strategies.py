"""The section of the strategies, made from the list of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from pydantic import create_model

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
    fields: dict[str, Any] = {}
    for strategy in strategies:
        entry = _entry_type(strategy)
        fields[strategy.name] = (entry, entry.model_validate({}))
    return create_model(
        "StrategiesSettings",
        __base__=StrategiesSection,
        __doc__=StrategiesSection.__doc__,
        **fields,
    )


def _entry_type(strategy: type[Configurable]) -> type[StrategySwitch]:
    own = strategy.settings_type
    if taken := own.model_fields.keys() & StrategySwitch.model_fields.keys():
        raise TypeError(f"{own.__name__}: {', '.join(sorted(taken))} is kept for every strategy")
    bases = cast(type[StrategySwitch], (own, StrategySwitch))
    return create_model(
        own.__name__, __base__=bases, __doc__=own.__doc__, priority=(int, strategy.priority)
    )


if TYPE_CHECKING:
    StrategiesSettings = StrategiesSection
else:
    StrategiesSettings = strategies_section(STRATEGIES)
