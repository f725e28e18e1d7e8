"""Template constructs of a text: Jinja, Dify and shell-style placeholders.

They are looked for first and everywhere, also inside code and quotes, because a template engine
fills them everywhere. Every pattern here takes linear time: no body may contain its own opening.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from optimizer.models.dataclass import dataclass

MASK = "\x00"
"""Stands for a hidden character: neither letter, nor space, nor punctuation."""


class SpanKind(StrEnum):
    """What a stretch of a prompt is."""

    FREE = "free"
    FENCE = "fence"
    INLINE_CODE = "inline_code"
    EXPRESSION = "expression"
    STATEMENT = "statement"
    COMMENT = "comment"
    RAW = "raw"
    DIFY = "dify"
    DOLLAR = "dollar"
    BRACE = "brace"
    TAG = "tag"
    CHAT_TOKEN = "chat_token"
    URL = "url"
    QUOTED = "quoted"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a prompt.

    Attributes:
        kind: What it is; only `free` may be read as prose or edited.
        start: Offset of its first character.
        text: Its characters.
    """

    kind: SpanKind
    start: int
    text: str

    @property
    def end(self) -> int:
        """Return the offset behind the last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The template constructs of a text.

    Attributes:
        spans: The constructs in order.
        masked: The text with every construct hidden, offsets and line ends unchanged.
        closing: Offset of each opening brace left in `masked` -> offset of the one closing it.
    """

    spans: tuple[Span, ...]
    masked: str
    closing: Mapping[int, int]


# The order counts: a Dify variable would also read as an expression, a raw block as a statement.
_TEMPLATE = re.compile(
    r"""
      (?P<raw> \{%[-+]?\s*raw\s*[-+]?%\} (?:(?!\{%[-+]?\s*(?:end)?raw\b)(?s:.))*+
               \{%[-+]?\s*endraw\s*[-+]?%\})
    | (?P<dify> \{\{\#[\w.\-]+\#\}\})
    | (?P<expression> \{\{\{[^{}]*+\}\}\}
                    | \{\{(?!\s*+"[^"\n]*"\s*:)[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}\})
    | (?P<comment> \{\#(?:(?!\#\}|\{\#)(?s:.))*+\#\})
    | (?P<statement> \{%(?:(?!%\}|\{%)(?s:.))*+%\})
    | (?P<dollar> \$\{[^\W\d][^{}\n]*+\})
    """,
    re.VERBOSE,
)
_BRACE = re.compile(r"[{}]")
_TEMPLATE_START = re.compile(r"\{(?=[{#%])|\$(?=\{)")


def templates(text: str) -> Templates:
    """Return the template constructs of a text."""
    spans = tuple(_constructs(text))
    masked = hide(text, spans)
    return Templates(spans=spans, masked=masked, closing=_closing_braces(masked))


def hide(text: str, spans: Iterable[Span]) -> str:
    """Return the text with the spans masked; its length and its line ends stay."""
    pieces, position = [], 0
    for span in spans:
        pieces += [text[position : span.start], _masked(span.text)]
        position = span.end
    return "".join([*pieces, text[position:]])


def _constructs(text: str) -> Iterator[Span]:
    if "{" not in text:
        return
    position = 0
    for candidate in _TEMPLATE_START.finditer(text):
        start = candidate.start()
        if start >= position and (match := _TEMPLATE.match(text, start)):
            position = match.end()
            yield Span(kind=SpanKind(match.lastgroup or ""), start=start, text=match.group())


def _masked(text: str) -> str:
    if "\n" not in text:
        return MASK * len(text)
    return "\n".join(MASK * len(line) for line in text.split("\n"))


def _closing_braces(masked: str) -> dict[int, int]:
    if "{" not in masked:
        return {}
    opened: list[int] = []
    closing: dict[int, int] = {}
    for match in _BRACE.finditer(masked):
        if match.group() == "{":
            opened.append(match.start())
        elif opened:
            closing[opened.pop()] = match.start()
    return closing
