"""How much of a document there is room for: what is left out of it is said in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from optimizer.models.dataclass import dataclass
from reports.document import (
    Block,
    Case,
    Cases,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Mark,
    Marked,
    Prose,
    Section,
    Table,
    cell,
)
from reports.formatting import count, plural
from reports.render.passages import cut, headed

WHERE = "-o FILE.html has"
LEFT_OUT = f"Left out here for its length; {WHERE} it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of each thing is kept.

    Attributes:
        rows: Rows of a table, items of a list and named values; all where None.
        opened: Cases whose texts are kept.
        chars: Characters of a text that stands by itself, or in a cell.
        folded: Folded parts, the first of them; all where None.
        blocks: Blocks that hold no others, the first of them; all where None.
    """

    rows: int | None = None
    opened: int
    chars: int | None = None
    case_chars: int
    folded: int | None = None
    blocks: int | None = None


@dataclass(slots=True)
class _Left:
    """How many more may be kept."""

    folded: int | None
    blocks: int | None


def fitted(document: Document, room: Room) -> Document:
    """Return what there is room for of a document, and how much else there is of each thing."""
    left = _Left(room.folded, room.blocks)
    n_all = n_blocks(document.blocks)
    blocks = tuple(_fitted(document.blocks, room, left))
    if room.blocks is not None and n_all > room.blocks:
        more = n_all - room.blocks
        kept = f"{WHERE} {'them' if more > 1 else 'it'}"
        blocks += (Prose(f"Left out here for length: {plural(more, 'more part')}; {kept}."),)
    hints = tuple(_shortened(hint, room.chars) for hint in document.hints)
    return replace(document, blocks=blocks, hints=hints)


def most_rows(blocks: Sequence[Block]) -> int:
    """Return how many rows, items or values the longest block has."""
    return max((_n_rows(block) for block in _leaves(blocks)), default=0)


def n_folded(blocks: Sequence[Block]) -> int:
    """Count folded parts; what lies within another goes with it."""
    return sum(
        1 if isinstance(block, Details) else n_folded(block.blocks)
        for block in blocks
        if isinstance(block, Details | Section)
    )


def n_blocks(blocks: Sequence[Block]) -> int:
    """Count the blocks that hold no others."""
    return sum(1 for _ in _leaves(blocks))


def _leaves(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Section | Details):
            yield from _leaves(block.blocks)
        else:
            yield block


def _n_rows(block: Block) -> int:
    match block:
        case Table():
            return len(block.rows)
        case Cases():
            return len(block.cases)
        case Items():
            return len(block.texts)
        case Facts():
            return len(block.pairs)
        case _:
            return 0


def _fitted(blocks: Sequence[Block], room: Room, left: _Left) -> Iterator[Block]:
    for block in blocks:
        if left.blocks is not None and left.blocks <= 0:
            return
        if isinstance(block, Section):
            yield Section(block.title, tuple(_fitted(block.blocks, room, left)))
        elif isinstance(block, Details):
            yield _folded(block, room, left)
        else:
            if left.blocks is not None:
                left.blocks -= 1
            yield from _kept(block, room)


def _folded(block: Details, room: Room, left: _Left) -> Details:
    if left.folded is None:
        return Details(block.title, tuple(_fitted(block.blocks, room, left)))
    left.folded -= 1
    if left.folded >= 0:
        within = _Left(None, left.blocks)
        inner = tuple(_fitted(block.blocks, room, within))
        left.blocks = within.blocks
        return Details(block.title, inner)
    if left.blocks is not None:
        left.blocks -= n_blocks(block.blocks)
    return Details(block.title, (Prose(LEFT_OUT),))


def _kept(block: Block, room: Room) -> Iterator[Block]:
    """Yield what is kept of a block that holds no others, and what else there is of it."""
    match block:
        case Prose():
            yield Prose(_shortened(block.text, room.chars))
        case Code():
            yield Code(_shortened(block.text, room.chars))
        case Marked():
            yield Marked(tuple(_pieces(block, room.chars)))
        case Items():
            texts = tuple(_shortened(text, room.chars) for text in block.texts[: room.rows])
            more = _more(len(block.texts), room.rows, "item")
            yield Items((*texts, *more), block.empty)
        case Facts():
            pairs = tuple(
                (_shortened(name, room.chars), _cell(value, room.chars))
                for name, value in block.pairs[: room.rows]
            )
            yield Facts(pairs)
            yield from map(Prose, _more(len(block.pairs), room.rows, "value"))
        case Table():
            rows = tuple(_row(row, room.chars) for row in block.rows[: room.rows])
            yield replace(block, rows=rows)
            yield from map(Prose, _more(len(block.rows), room.rows, "row"))
        case Cases():
            yield from _cases(block, room)
        case _:
            yield block


def _cases(block: Cases, room: Room) -> Iterator[Block]:
    """Yield cases as a table, and the texts of the first of them folded."""
    shown = block.cases[: room.rows]
    if not shown:
        yield Prose(block.empty)
        return
    rows = tuple(_row(case.cells, room.chars) for case in shown)
    table = Table(block.columns, rows, block.caption)
    rest = map(Prose, _more(len(block.cases), room.rows, "case"))
    yield Details(f"{count(len(shown))} of {plural(len(block.cases), 'case')}", (table, *rest))
    with_texts = [case for case in block.cases if case.texts]
    yield from (_opened(case, room) for case in with_texts[: room.opened])
    if more := len(with_texts[room.opened :]):
        first = "more " if room.opened else ""
        yield Prose(f"The texts of {plural(more, first + 'case')} are left out; {WHERE} them.")


def _opened(case: Case, room: Room) -> Details:
    blocks: list[Block] = []
    for passage in case.texts:
        shown = cut(passage, room.case_chars)
        blocks += (Prose(headed(shown)), Code(shown.text))
    title = ": ".join(cell(found).text for found in case.cells[:2]) or "Case"
    return Details(_shortened(title, room.chars), tuple(blocks))


def _more(n: int, kept: int | None, noun: str) -> tuple[str, ...]:
    if kept is None or n <= kept:
        return ()
    more = n - kept
    them = "them" if more > 1 else "it"
    return (f"and {count(more)} more of {plural(n, noun)}; {WHERE} {them}",)


def _row(cells: Sequence[Cell | str], chars: int | None) -> tuple[Cell | str, ...]:
    return tuple(cells) if chars is None else tuple(_cell(content, chars) for content in cells)


def _cell(content: Cell | str, chars: int | None) -> Cell | str:
    found = cell(content)
    return replace(found, text=_shortened(found.text, chars))


def _shortened(text: str, chars: int | None) -> str:
    if chars is None or len(text) <= chars:
        return text
    return f"{text[:chars]} … and {plural(len(text) - chars, 'more character')}"


def _pieces(block: Marked, chars: int | None) -> Iterator[tuple[Mark, str]]:
    room = chars
    for mark, text in block.pieces:
        if room is None:
            yield mark, text
            continue
        yield mark, text[:room]
        room -= len(text)
        if room < 0:
            n = sum(len(text) for _, text in block.pieces) - (chars or 0)
            yield Mark.KEPT, f" … and {plural(n, 'more character')}"
            return
