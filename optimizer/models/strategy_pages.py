"""What is told of a strategy."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySetting:
    """One setting of a strategy.

    Attributes:
        name: Its name.
        value: The value in force, in JSON's terms.
        default: The default, likewise.
        allowed: What it may be, in words.
        text: What it is for.
    """

    name: str
    value: object
    default: object
    allowed: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyPage:
    """One strategy.

    Attributes:
        name: Its name.
        summary: What it is, in a sentence.
        enabled: Whether it is asked.
        priority: Its place in the order of asking, the highest first.
        asks: The question that it answers.
        proposes: What it proposes.
        silent: When it proposes nothing.
        blind: What it does not look at.
        notes: What else is told of it, a paragraph each.
        settings: Its settings.
    """

    name: str
    summary: str
    enabled: bool
    priority: int
    asks: str
    proposes: str
    silent: str
    blind: str
    notes: tuple[str, ...]
    settings: tuple[StrategySetting, ...]
