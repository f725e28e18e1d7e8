"""The summary of a GitHub Actions step: Markdown of a limited size."""

from __future__ import annotations

from dataclasses import replace

from reports.document import Block, Details, Document, Prose, Section
from reports.render.markdown import markdown

LARGEST_BYTES = 60_000

LEFT_OUT = "Left out here for its length; the report that the command writes has it."
CUT = "*Cut here for its length; the report that the command writes has the rest.*"


def step_summary(document: Document, *, max_bytes: int = LARGEST_BYTES) -> str:
    """Render a document as Markdown of at most so many bytes.

    What a reader may leave folded gives way first, the last of it before the others; if that is
    not enough, the text ends early, at the end of a line.
    """
    text = markdown(document)
    for n_kept in reversed(range(_n_details(document.blocks))):
        if _size(text) <= max_bytes:
            break
        blocks, _ = _with_details(document.blocks, n_kept)
        text = markdown(replace(document, blocks=blocks))
    return text if _size(text) <= max_bytes else _cut(text, max_bytes)


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _n_details(blocks: tuple[Block, ...]) -> int:
    """Count what may be left out; what lies within another goes with it."""
    return sum(
        1 if isinstance(block, Details) else _n_details(block.blocks)
        for block in blocks
        if isinstance(block, Details | Section)
    )


def _with_details(blocks: tuple[Block, ...], n_kept: int) -> tuple[tuple[Block, ...], int]:
    """Return blocks with no more details than so many, and how many more may be kept."""
    kept: list[Block] = []
    for block in blocks:
        shown = block
        if isinstance(block, Details):
            shown = block if n_kept > 0 else Details(block.title, (Prose(LEFT_OUT),))
            n_kept -= 1
        elif isinstance(block, Section):
            inner, n_kept = _with_details(block.blocks, n_kept)
            shown = Section(block.title, inner)
        kept.append(shown)
    return tuple(kept), n_kept


def _cut(text: str, max_bytes: int) -> str:
    room = max(0, max_bytes - _size(CUT) - 3)
    head = text.encode("utf-8")[:room].decode("utf-8", "ignore")
    whole_lines = head.rpartition("\n")[0] or head
    return f"{whole_lines.rstrip()}\n\n{CUT}\n"
