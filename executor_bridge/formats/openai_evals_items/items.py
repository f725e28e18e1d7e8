"""What the API of the OpenAI platform's Evals returns: output items by run, runs and evals.

Every object says of itself what it is (`"object": "eval.run.output_item"`, `"eval.run"`,
`"eval"`), so that they may stand in one file in any arrangement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from typing import Any

from msgspec import Struct

from executor_bridge.files.texts import documents
from executor_bridge.lenient import Skipped, rows
from executor_bridge.meaning import canonical
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Source

ITEM, RUN, EVAL, LIST = "eval.run.output_item", "eval.run", "eval", "list"
DEEPEST = 8
"""In how many lists and objects an object may be wrapped."""


class Result(Struct):
    """What a grader said."""

    name: str | None = None
    score: Any = None
    passed: bool | None = None
    status: str | None = None
    sample: Any = None
    reason: Any = None


class Item(Struct):
    """One item of a data source, answered and graded."""

    run_id: str
    id: str | None = None
    eval_id: str | None = None
    created_at: float | None = None
    status: str | None = None
    datasource_item_id: Any = None
    datasource_item: dict[str, Any] | None = None
    results: list[Result] | None = None
    sample: dict[str, Any] | None = None


class About(Struct):
    """A run or an eval."""

    id: str
    name: str | None = None
    model: str | None = None
    created_at: float | None = None
    status: str | None = None
    eval_id: str | None = None
    data_source: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    testing_criteria: list[Any] | None = None
    result_counts: dict[str, Any] | None = None


@dataclass(slots=True)
class Found:
    """What a file holds.

    Attributes:
        items: The items of each run, in their order, each once.
        runs: What is said of runs.
        evals: What is said of evals.
        has_more: The runs of which the last page of items says that there are more.
        n_twice: How many items of each run occur again.
    """

    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    runs: dict[str, About] = field(default_factory=dict)
    evals: dict[str, About] = field(default_factory=dict)
    has_more: dict[str, bool] = field(default_factory=dict)
    n_twice: Counter[str] = field(default_factory=Counter)


def found_in(source: Source, skipped: Skipped) -> Found:
    """Return what a file holds: one JSON text, or one to a line."""
    found = Found()
    for document in documents(source.content, source.sha256):
        place = f"line {document.line}" if document.line else "file"
        for _, said in rows([(place, document.text)], Any, skipped):
            _take(said, place, found, skipped)
    return found


def _take(said: Any, place: str, found: Found, skipped: Skipped, depth: int = 0) -> None:
    """Take what a file says, whatever it is wrapped in."""
    if isinstance(said, dict) and _is_told(said, place, found, skipped):
        return
    below: Iterable[tuple[str, Any]] = ()
    if isinstance(said, list):
        below = ((f"{place}[{n}]", one) for n, one in enumerate(said))
    elif isinstance(said, dict):
        below = ((f"{place}.{name}", one) for name, one in said.items())
    if depth < DEEPEST:
        for where, one in below:
            _take(one, where, found, skipped, depth + 1)
    if isinstance(said, dict) and said.get("object") == LIST:
        _turn(said, found)


def _is_told(said: dict[str, Any], place: str, found: Found, skipped: Skipped) -> bool:
    """Take an object that is an item, a run or an eval, and tell whether it is."""
    kind = said.get("object")
    if kind == ITEM or "datasource_item" in said:
        for _, item in rows([(place, canonical(said))], Item, skipped):
            _keep(item, place, found)
        return True
    if kind not in (EVAL, RUN):
        return False
    kept = found.runs if kind == RUN else found.evals
    for _, about in rows([(place, canonical(said))], About, skipped):
        kept[about.id] = about
    return True


def _turn(page: dict[str, Any], found: Found) -> None:
    """Remember whether more items follow a page of them."""
    items = page.get("data")
    if isinstance(items, list) and items and isinstance(items[-1], dict):
        found.has_more[str(items[-1].get("run_id"))] = page.get("has_more") is True


def _keep(item: Item, place: str, found: Found) -> None:
    """Keep an item, unless a page before had it."""
    items = found.items.setdefault(item.run_id, {})
    key = item.id or place
    found.n_twice[item.run_id] += key in items
    items.setdefault(key, item)
