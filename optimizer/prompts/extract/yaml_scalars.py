"""A text as YAML writes it, in every style and width that is met."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from optimizer.prompts.extract.line_ends import first_line_end
from optimizer.prompts.extract.tree import Node
from optimizer.prompts.extract.yaml_blocks import content_indent, literal

if TYPE_CHECKING:
    from yaml.emitter import ScalarAnalysis

STEP = 2
"""Columns that a value is indented by where nothing else is known."""

WIDTHS = (80, 10**9, 100, 120)
"""Widths of a line: that of Dify and most others, none, and two of formatters."""

_METHODS = {
    '"': "write_double_quoted",
    "'": "write_single_quoted",
    ">": "write_folded",
    "": "write_plain",
}
_DOUBLE, _BLOCKS = '"', frozenset({"|", ">"})


def spellings(source: str, node: Node, text: str) -> Iterator[Callable[[str], str | None]]:
    """Yield ways to write a text in the place of another: in its own style, then as others.

    Each may turn out to read as something else: whoever asks has to read it again.
    """
    is_taller = "\n" in text and "\n" not in node.text
    if (node.style == "|" or is_taller) and not node.in_brackets:
        yield _literal(source, node)
    if node.style != "|":
        yield from _emitted(source, node, node.style)
    if not node.in_brackets:
        yield _literal(source, node)
    yield from _emitted(source, node, _DOUBLE)


def _emitted(source: str, node: Node, style: str) -> Iterator[Callable[[str], str | None]]:
    for width in WIDTHS:
        yield partial(_emit, source, node, style, width=width, is_unicode=True)
    if style == _DOUBLE:
        for width in WIDTHS:
            yield partial(_emit, source, node, style, width=width, is_unicode=False)


def _literal(source: str, node: Node) -> Callable[[str], str | None]:
    written = source[node.start : node.end]
    is_block = node.style in _BLOCKS
    indent = content_indent(written, node.text) if is_block else None
    return partial(
        literal,
        old=written if node.style == "|" else "",
        indent=node.indent + STEP if indent is None else indent,
        around=node.indent,
        line_end=first_line_end(source),
        is_last=not source[node.end :],
    )


def _emit(
    source: str, node: Node, style: str, text: str, *, width: int, is_unicode: bool
) -> str | None:
    """Return a text as PyYAML writes it in the middle of a line; None where it would not."""
    from yaml.emitter import Emitter  # noqa: PLC0415 - start-up time

    stream = io.StringIO()
    emitter = Emitter(
        stream, width=width, allow_unicode=is_unicode, line_break=first_line_end(source)
    )
    emitter.column = node.start - (source.rfind("\n", 0, node.start) + 1)
    emitter.indent = _continued_at(source, node)
    emitter.whitespace, emitter.indention = True, False
    if not _may_be(style, emitter.analyze_scalar(text), in_brackets=node.in_brackets):
        return None
    getattr(emitter, _METHODS[style])(text)
    return stream.getvalue()


def _may_be(style: str, analysis: ScalarAnalysis, *, in_brackets: bool) -> bool:
    """Say whether every reader understands a text in a style."""
    match style:
        case "":
            return bool(analysis.allow_flow_plain if in_brackets else analysis.allow_block_plain)
        case "'":
            return bool(analysis.allow_single_quoted)
        case ">":
            return bool(analysis.allow_block)
        case _:
            return True


def _continued_at(source: str, node: Node) -> int:
    """Return the column in which further lines of a value begin."""
    written = source[node.start : node.end]
    further = re.search(r"\n( *)[^\s]", written)
    return len(further[1]) if further else node.indent + STEP
