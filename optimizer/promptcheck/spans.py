"""Free and protected stretches of a prompt; together they are the whole text.

Protected is what a reader would not read as prose and an edit must not touch: code, variables
of all dialects, tags, chat tokens, URLs, quoted literals and JSON. What stands inside a protected
span belongs to it: a quoted variable is one quoted span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from optimizer.promptcheck.templates import Span, SpanKind, Templates, hide, templates

CODE = (SpanKind.FENCE, SpanKind.INLINE_CODE)
"""Spans whose braces need not be variables."""

FORMAT_FIELD = r"""
    \{ (?: (?P<field> [^\W\d]\w* (?:\.\w+|\[[^\[\]{}\n]*\])*+ ) | \d* )
       (?:![rsa])? (?: : [^{}\s"',]* )? \}
"""
"""A field of Python's `str.format`; JSON is told apart by its quoted keys."""

# Fences close at an equal fence or with the text. Quoted literals stay on one line and are
# short: a longer stretch between two quotation marks is more likely prose between two of them.
_PROTECTED = re.compile(
    r"""
      (?P<fence> ^[ \t]*+ (?P<ticks>`{3,}|~{3,}) [^`\n]*$ (?s:.*?)
                 (?: ^[ \t]*+ (?P=ticks) [ \t\r]*+ $ | \Z ))
    | (?P<inline_code> (?<!`) (?P<tick>`{1,3}) (?!`) [^\n]+? (?<!`) (?P=tick) (?!`))
    | (?P<chat_token> <\|[^<>|\s]{1,60}\|> | \[/?INST\] | <</?SYS>>)
    | (?P<tag> <!--(?:(?!-->|<!--)(?s:.))*+-->
             | </?[^\W\d][\w.:\-]*+
               (?: \s++ [\w:.@\-]++ \s*+ = \s*+ (?:"[^"<]*"|'[^'<]*'|[^\s"'<>=]++) )*+ \s*+ /?>)
    | (?P<url> (?:https?|ftp)://[!\#-&(-;=?-_a-z|~]+ (?<![.,;:!?)]))
    | (?P<json> \{{1,2}\s*+"[^"\n]*"\s*+:)
    | (?P<brace> """
    + FORMAT_FIELD.replace("?P<field>", "?:")
    + r""")
    | (?P<quoted> (?<![\w"\x00])"[^"\n]{1,200}"(?!\w) | (?<!\w)'[^'\n]{1,200}'(?!\w)
                | [\u201c\u2018\xab\u300c\u300e]
                  [^\u2018\u201c\u201d\xab\xbb\u300c-\u300f\n]{1,200}
                  [\u201d\u2019\xbb\u300d\u300f])
    """,
    re.VERBOSE | re.MULTILINE,
)
_STARTS = "`~<[{\"'"
_STARTS_BEYOND_ASCII = "\u201c\u2018\xab\u300c\u300e"
"""What a protected span can start with: to find these takes less time than to try everywhere."""

_URL_START = re.compile(r"https?://|ftp://")
_INDENTED_FENCE = re.compile(r"^[ \t]++(?=`{3}|~{3})", re.MULTILINE)


def split(text: str) -> tuple[Span, ...]:
    """Return the spans of a text in order, without gaps."""
    return split_around(text, templates(text))


def split_around(text: str, found: Templates) -> tuple[Span, ...]:
    """Return the spans of a text whose template constructs are known."""
    return tuple(_with_free(text, _protected(text, found)))


def free_text(text: str, spans: Iterable[Span]) -> str:
    """Return the text with everything protected masked; offsets and line ends stay."""
    return hide(text, (span for span in spans if span.kind is not SpanKind.FREE))


def _protected(text: str, found: Templates) -> Iterator[Span]:
    """Yield the protected spans in order; a template inside another span is part of that."""
    position = 0
    for outer in _outer(text, found):
        while position < len(found.spans) and found.spans[position].start < outer.start:
            yield found.spans[position]
            position += 1
        while position < len(found.spans) and found.spans[position].start < outer.end:
            position += 1
        yield outer
    yield from found.spans[position:]


def _outer(text: str, found: Templates) -> Iterator[Span]:
    """Yield the protected spans that are not templates."""
    position = 0
    for candidate in _candidates(found.masked):
        match = _PROTECTED.match(found.masked, candidate) if candidate >= position else None
        if match is None:
            continue
        kind, start, end = SpanKind(match.lastgroup or ""), match.start(), match.end()
        if kind is SpanKind.JSON:
            end = found.closing.get(start, start - 1) + 1
        if end > start:
            yield Span(kind=kind, start=start, text=text[start:end])
        position = max(end, start + 1)


def _candidates(masked: str) -> list[int]:
    """Return every offset that a protected span can start at, in order."""
    starts: list[int] = []
    for character in _STARTS if masked.isascii() else _STARTS + _STARTS_BEYOND_ASCII:
        position = masked.find(character)
        while position >= 0:
            starts.append(position)
            position = masked.find(character, position + 1)
    if "://" in masked:
        starts += (match.start() for match in _URL_START.finditer(masked))
    if "```" in masked or "~~~" in masked:
        starts += (match.start() for match in _INDENTED_FENCE.finditer(masked))
    return sorted(starts)


def _with_free(text: str, protected: Iterable[Span]) -> Iterator[Span]:
    position = 0
    for span in protected:
        if span.start > position:
            yield Span(kind=SpanKind.FREE, start=position, text=text[position : span.start])
        yield span
        position = span.end
    if position < len(text):
        yield Span(kind=SpanKind.FREE, start=position, text=text[position:])
