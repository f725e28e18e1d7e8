"""Names of the variables a prompt uses, in every dialect.

Names that a template binds itself (`{% for item in items %}`, `{% set x = 1 %}`) and what the
engines supply (`loop`, `range`) are not variables of the prompt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.spans import CODE, FORMAT_FIELD
from optimizer.promptcheck.templates import Span, SpanKind, Templates
from optimizer.promptcheck.words import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One use of a variable.

    Attributes:
        name: Full name: `review`, `user.name`, `1720672602189.text`.
        root: The name to be supplied: `user` for `user.name`; a Dify name is supplied whole.
        kind: The dialect.
        start: Offset of the construct it stands in.
        in_code: Whether it stands in a code fence or inline code.
    """

    name: str
    root: str
    kind: SpanKind
    start: int
    in_code: bool


# Words of Jinja's expression language, and names that Jinja and Handlebars supply.
NOT_VARIABLES = frozenset(
    listed(
        """and or not in is if else elif true false none True False None recursive loop self
        super caller varargs kwargs range dict lipsum cycler joiner namespace each with
        unless this"""
    )
)

_FORMAT_FIELD = re.compile(FORMAT_FIELD, re.VERBOSE)
_STRING = re.compile(r""""[^"\n]*"|'[^'\n]*'""")
# Filters, tests, attributes of calls and keyword arguments name nothing the caller supplies.
_NOT_A_NAME = re.compile(r"\|\s*+[^\W\d][\w.]*|\bis\s+(?:not\s+)?\w+|\b\w++\s*+=(?!=)")
_NAME = re.compile(r"(?<![\w.\])])(?P<name>[^\W\d]\w*(?:\.\w+)*+)(?P<call>\s*+\()?")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.\-]*")
_MARKER = re.compile(r"[~\-+]?(?:[#^](?:if|each|unless|with)\b|[#/^>&!])?")
_STATEMENT = re.compile(r"\{%[-+]?\s*+(?P<tag>\w+)(?P<body>(?s:.*?))[-+]?%\}")
_LOOP_IN = re.compile(r"\sin\s")
_READING_TAGS = ("if", "elif", "elsif", "unless")


def used_variables(found: Templates, spans: Sequence[Span]) -> tuple[Variable, ...]:
    """Return each use of a variable, in the order of the text."""
    code = [span for span in spans if span.kind in CODE]
    starts = [span.start for span in code]
    bound = {name for span in found.spans for name in _bound(span)}
    uses = sorted((*_in_templates(found.spans), *_in_braces(found.masked)))
    return tuple(
        Variable(name=name, root=root, kind=kind, start=start, in_code=_inside(start, code, starts))
        for start, name, kind in uses
        if (root := name if kind is SpanKind.DIFY else _root(name)) not in bound
    )


def _root(name: str) -> str:
    return name.partition(".")[0].partition("[")[0]


def _inside(offset: int, spans: Sequence[Span], starts: Sequence[int]) -> bool:
    index = bisect_right(starts, offset) - 1
    return index >= 0 and offset < spans[index].end


def _in_braces(masked: str) -> Iterator[tuple[int, str, SpanKind]]:
    for match in _FORMAT_FIELD.finditer(masked):
        if match["field"]:
            yield match.start(), match["field"], SpanKind.BRACE


def _in_templates(spans: Iterable[Span]) -> Iterator[tuple[int, str, SpanKind]]:
    for span in spans:
        for name in _names(span):
            yield span.start, name, span.kind


def _names(span: Span) -> Iterable[str]:
    match span.kind:
        case SpanKind.DIFY:
            return (span.text[3:-3],)
        case SpanKind.DOLLAR:
            return _PLAIN_NAME.findall(span.text)[:1]
        case SpanKind.EXPRESSION:
            return _names_in(_MARKER.sub("", span.text.strip("{}"), count=1))
        case SpanKind.STATEMENT:
            return _names_in(_binding(span).value)
        case _:
            return ()


def _names_in(expression: str) -> Iterable[str]:
    if _PLAIN_NAME.fullmatch(plain := expression.strip()):
        return () if _root(plain) in NOT_VARIABLES else (plain,)
    bare = _NOT_A_NAME.sub(",", _STRING.sub(",", expression))
    return [
        match["name"].rpartition(".")[0] if match["call"] else match["name"]
        for match in _NAME.finditer(bare)
        if _root(match["name"]) not in NOT_VARIABLES and ("." in match["name"] or not match["call"])
    ]


class _Binding(NamedTuple):
    """What a statement binds, and the expression it reads."""

    bound: str = ""
    value: str = ""


def _binding(span: Span) -> _Binding:
    statement = _STATEMENT.fullmatch(span.text)
    tag, body = (statement["tag"], statement["body"]) if statement else ("", "")
    match tag:
        case "for":
            return _Binding(*_LOOP_IN.split(body, maxsplit=1))
        case "set" | "with":
            return _Binding(*body.split("=", maxsplit=1))
        case "macro" | "call":
            return _Binding(bound=body)
        case _:
            return _Binding(value=body if tag in _READING_TAGS else "")


def _bound(span: Span) -> Iterable[str]:
    return re.findall(r"\w+", _binding(span).bound) if span.kind is SpanKind.STATEMENT else ()
