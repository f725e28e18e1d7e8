from __future__ import annotations

from typing import Annotated, ClassVar

import pytest
from pydantic import Field, ValidationError

from optimizer.config.example import example_toml
from optimizer.config.strategies import StrategiesSection, StrategySwitch, strategies_section
from optimizer.config.tree import DEFAULTS
from optimizer.models.settings import Settings
from optimizer.strategies import STRATEGIES


class FirstSettings(Settings):
    """Settings of the `first` strategy."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Family-wise false-alarm rate."""


class First:
    name: ClassVar[str] = "first"
    priority: ClassVar[int] = 100
    settings_type: ClassVar[type[Settings]] = FirstSettings


class SecondSettings(Settings):
    """Settings of the `second` strategy."""


class Second:
    name: ClassVar[str] = "second"
    priority: ClassVar[int] = 90
    settings_type: ClassVar[type[Settings]] = SecondSettings


def section(**values: object) -> StrategiesSection:
    return strategies_section((First, Second)).model_validate(values)


def test_every_strategy_is_on_with_its_own_priority() -> None:
    switches = [section().of(strategy) for strategy in (First, Second)]
    assert [(switch.enabled, switch.priority) for switch in switches] == [(True, 100), (True, 90)]


def test_an_entry_is_the_settings_of_its_strategy() -> None:
    entry = section(first={"alpha": 0.01, "enabled": False, "priority": 3}).of(First)
    assert isinstance(entry, FirstSettings)
    assert isinstance(entry, StrategySwitch)
    assert (entry.alpha, entry.enabled, entry.priority) == (0.01, False, 3)


def test_an_unknown_strategy_or_setting_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        section(third={}, second={"alpha": 0.1})
    assert {error["loc"] for error in caught.value.errors()} == {("third",), ("second", "alpha")}


def test_the_bounds_of_the_strategy_hold() -> None:
    with pytest.raises(ValidationError):
        section(first={"alpha": 1})


def test_the_example_shows_each_strategy_with_its_priority() -> None:
    text = example_toml(section())
    assert "# Settings of the `first` strategy.\n[first]\n" in text
    assert "#priority = 100\n" in text
    assert "#priority = 90\n" in text


def test_the_tree_has_an_entry_for_every_strategy() -> None:
    for strategy in STRATEGIES:
        entry = DEFAULTS.strategies.of(strategy)
        assert isinstance(entry, strategy.settings_type)
        assert entry.priority == strategy.priority


def test_a_strategy_may_not_use_the_names_of_the_switch() -> None:
    class ThirdSettings(Settings):
        """Settings of the `third` strategy."""

        priority: int = 3
        """Taken."""

    class Third(First):
        settings_type: ClassVar[type[Settings]] = ThirdSettings

    with pytest.raises(TypeError, match="ThirdSettings: priority is kept for every strategy"):
        strategies_section((Third,))
