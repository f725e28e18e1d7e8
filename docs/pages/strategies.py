"""The page on the strategies."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

from optimizer.strategies import STRATEGIES
from pages.settings import setting_rows, table_of_settings


def strategies() -> Iterator[str]:
    """Yield the page on the strategies."""
    yield "# Strategies"
    yield (
        "`optimizer decide` asks each strategy that is enabled, the highest priority first. A "
        "strategy sees the evidence on one workflow and answers with proposals, or with the "
        "reason of its silence; both are stored with the decision."
    )
    rows = setting_rows()
    for strategy in sorted(STRATEGIES, key=lambda strategy: (-strategy.priority, strategy.name)):
        own = [row for row in rows if row.key.rpartition(".")[0] == f"strategies.{strategy.name}"]
        yield f"## {strategy.name}"
        yield inspect.cleandoc(sys.modules[strategy.__module__].__doc__ or "")
        yield f"Settings, below `strategies.{strategy.name}`:"
        yield table_of_settings(own)
