"""What the strategies tell of themselves, with their settings in force."""

from __future__ import annotations

import inspect

from optimizer.config.schema import schema_of
from optimizer.config.tree import Config
from optimizer.models.settings import descriptions, plain
from optimizer.models.strategy_pages import StrategyPage, StrategySetting
from optimizer.pipeline.asking import require_strategies
from optimizer.strategies import STRATEGIES, Strategy

LEADS = ("Asks:", "Proposes:", "Stays silent", "Does not look at")


def strategy_pages(config: Config) -> tuple[StrategyPage, ...]:
    """Return a page for each strategy, in the order of asking."""
    pages = [_page(strategy, config) for strategy in STRATEGIES]
    return tuple(sorted(pages, key=lambda page: (-page.priority, page.name)))


def strategy_page(name: str, config: Config) -> StrategyPage:
    """Return the page of one strategy.

    Raises:
        SelectionError: There is no strategy of that name.
    """
    require_strategies([name])
    return next(_page(one, config) for one in STRATEGIES if one.name == name)


def _page(strategy: type[Strategy], config: Config) -> StrategyPage:
    entry = config.strategies.of(strategy)
    text = inspect.getdoc(inspect.getmodule(strategy)) or ""
    summary, *paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    told = {lead: part for part in paragraphs for lead in LEADS if part.startswith(lead)}
    return StrategyPage(
        name=strategy.name,
        summary=summary,
        enabled=entry.enabled,
        priority=entry.priority,
        asks=_sentence(told.get("Asks:", ""), "Asks:"),
        proposes=_sentence(told.get("Proposes:", ""), "Proposes:"),
        silent=told.get("Stays silent", ""),
        blind=told.get("Does not look at", ""),
        notes=tuple(part for part in paragraphs if part not in told.values()),
        settings=_settings(strategy, entry),
    )


def _sentence(text: str, lead: str) -> str:
    """Return a paragraph without its lead, as a sentence."""
    said = text.removeprefix(lead).strip()
    return said[:1].upper() + said[1:]


def _settings(strategy: type[Strategy], entry: object) -> tuple[StrategySetting, ...]:
    kind = strategy.settings_type
    schema, said, defaults = schema_of(kind), descriptions(kind), kind()
    return tuple(
        StrategySetting(
            name=name,
            value=plain(getattr(entry, name)),
            default=plain(getattr(defaults, name)),
            allowed=schema.allowed((name,)),
            text=said.get(name, ""),
        )
        for name in kind.model_fields
    )
