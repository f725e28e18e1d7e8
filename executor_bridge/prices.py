"""Costs derived from tokens where a file has none, marked as derived.

A recorded cost is never touched, a model that is not in the table has no price, and an answer from
the runner's cache is not priced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from executor_bridge.price_tables import PriceTable, Usage, price_table
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.names import legible
from optimizer.models.tasks import Origin, Reading, Run, TaskRow, text_sha256

SHOWN_MODELS = 3


def priced(reading: Reading, settings: IngestSettings) -> Reading:
    """Return a file with the costs that can be derived from its tokens.

    Raises:
        ConfigError: The price table is not installed.
        FormatError: The price table cannot be read.
    """
    if not settings.price:
        return reading
    table = price_table(settings)
    return replace(reading, runs=tuple(_priced_run(run, table) for run in reading.runs))


def _priced_run(run: Run, table: PriceTable) -> Run:
    rows = _PricedRows(tasks=run.tasks, table=table)
    tasks: Iterable[TaskRow] = rows
    if isinstance(run.tasks, list):
        tasks = list(rows)
    else:
        for _ in rows:
            pass
    header = run.header
    if rows.sources:
        content = f"{header.content_sha256}:{sorted(rows.sources)}:{table.identity}"
        header = replace(header, content_sha256=text_sha256(content))
    return Run(header=replace(header, warnings=(*header.warnings, *rows.warnings())), tasks=tasks)


@dataclass(slots=True, kw_only=True)
class _PricedRows:
    """Task rows with the costs that can be derived, made anew whenever they are asked for."""

    tasks: Iterable[TaskRow]
    table: PriceTable
    sources: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    n_without: int = 0

    def __iter__(self) -> Iterator[TaskRow]:
        self.sources.clear()
        self.unknown.clear()
        self.n_without = 0
        for row in self.tasks:
            yield row if row.cost_usd is not None or row.cached else self._priced(row)

    def _priced(self, row: TaskRow) -> TaskRow:
        """Return a row with its cost, as it is where that cannot be derived."""
        model, provider = row.variant.model, row.variant.provider
        if model is None or row.tokens_in is None or row.tokens_out is None:
            self.n_without += 1
            return row
        origin = row.origin or Origin()
        usage = Usage(
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            tokens_cached=origin.tokens_cached or 0,
        )
        day = row.created_at.date()
        cost_usd = self.table.cost_usd(model, provider, day, usage)
        if cost_usd is None:
            self.unknown[f"{provider}/{model}" if provider else model] += 1
            return row
        source = self.table.source(day)
        self.sources[source] += 1
        return row._replace(cost_usd=cost_usd, origin=origin._replace(cost_source=source))

    def warnings(self) -> Iterator[str]:
        """Yield what a reader should know of the costs."""
        for source, n in sorted(self.sources.items()):
            yield f"cost of {_tasks(n)} derived from tokens by {source}"
        if self.unknown:
            shown = ", ".join(legible(name) for name in sorted(self.unknown)[:SHOWN_MODELS])
            yield f"cost of {_tasks(self.unknown.total())} unknown: no price for {shown}"
        if self.n_without:
            yield f"cost of {_tasks(self.n_without)} unknown: no model, or no tokens in and out"


def _tasks(n: int) -> str:
    return f"{n} task" if n == 1 else f"{n} tasks"
