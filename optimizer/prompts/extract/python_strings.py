r"""String literals of Python: their text, and another text in their way of writing.

The text of an f-string has its fields and its doubled braces as they are written, and the
characters that escapes stand for: what `str.format` would be given.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from optimizer.models.dataclass import dataclass

_OPENING = re.compile(r"""(?P<prefix>[A-Za-z]*)(?P<quote>\"{3}|'{3}|"|')""")
_ESCAPE = re.compile(
    r"\\(?:\r?\n|N\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)",
    re.DOTALL,
)
_PART = re.compile(r"\{\{|\}\}|(?P<open>\{)|" + _ESCAPE.pattern, re.DOTALL)
_IN_FIELD = re.compile(r"""(?P<quote>"{3}|'{3}|"|')|(?P<open>[{\[(])|(?P<close>[}\])])""")
_BRACE = re.compile(r"[{}]")
_TRIPLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """One string literal of Python source.

    Attributes:
        prefix: Letters before the quotation mark.
        quote: The quotation mark: one or three characters.
        inner: What stands between the marks.
    """

    prefix: str
    quote: str
    inner: str

    @property
    def is_raw(self) -> bool:
        """Whether backslashes are backslashes."""
        return "r" in self.prefix.lower()

    @property
    def is_f(self) -> bool:
        """Whether braces are fields."""
        return "f" in self.prefix.lower()


class Intricate(Exception):  # noqa: N818 - a reason to leave a literal alone
    """An f-string cannot be taken apart."""


def literal(source: str) -> Literal:
    """Return a literal as it is written."""
    opening = _OPENING.match(source)
    if opening is None:
        raise Intricate
    prefix, quote = opening["prefix"], opening["quote"]
    return Literal(prefix=prefix, quote=quote, inner=source[opening.end() : -len(quote)])


def text_of(literals: Sequence[Literal]) -> str:
    """Return the text of literals side by side.

    Raises:
        Intricate: One is an f-string that cannot be taken apart.
    """
    is_f = any(one.is_f for one in literals)
    return "".join(_text(one, doubled=is_f and not one.is_f) for one in literals)


def fields_of(one: Literal) -> tuple[str, ...]:
    """Return the fields of an f-string, each with its braces.

    Raises:
        Intricate: It cannot be taken apart.
    """
    return tuple(part for part, is_field in _parts(one) if is_field)


def _text(one: Literal, *, doubled: bool) -> str:
    if one.is_f:
        return "".join(part if is_field else _plain(one, part) for part, is_field in _parts(one))
    text = _plain(one, one.inner)
    return _BRACE.sub(lambda brace: brace[0] * 2, text) if doubled else text


def _plain(one: Literal, inner: str) -> str:
    inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    return inner if one.is_raw else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    if match[0] == "\\\n":
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):
            return str(ast.literal_eval(f'"{match[0]}"'))
    except SyntaxError:  # a backslash before a letter that no escape has stays
        return match[0]


def _parts(one: Literal) -> Iterator[tuple[str, bool]]:
    """Yield the parts of an f-string, and whether each is a field."""
    begin = position = 0
    while match := _PART.search(one.inner, position):
        position = match.end()
        if one.is_raw and match[0].startswith("\\"):
            position = match.start() + 1
        elif match["open"]:
            yield one.inner[begin : match.start()], False
            position = begin = _field_end(one.inner, match.end())
            yield one.inner[match.start() : begin], True
    yield one.inner[begin:], False


def _field_end(inner: str, position: int) -> int:
    depth = 1
    while match := _IN_FIELD.search(inner, position):
        position = match.end()
        if match["quote"]:
            position = inner.find(match["quote"], position) + len(match["quote"])
            if position < match.end():
                break
        depth += bool(match["open"]) - bool(match["close"])
        if not depth:
            return position
    raise Intricate


def spellings(
    like: Sequence[Literal], *, gap: str, is_taller: bool
) -> tuple[Callable[[str], str], ...]:
    """Return ways to write a text, the likest to what stands there first.

    Each may turn out to read as something else: whoever asks has to read it again.

    Args:
        like: What stands there.
        gap: What stands between two literals of it, or "".
        is_taller: Whether the text has lines, and what stands there has one.
    """
    first = like[0]
    prefix = _prefix(like)
    bare = re.sub("[rR]", "", prefix)
    tall = first.quote if len(first.quote) == _TRIPLE else first.quote * _TRIPLE
    ways = [
        partial(_side_by_side, prefix=bare, quote=first.quote, gap=gap),
        partial(_as_it_is, prefix=prefix, quote=first.quote),
        partial(_begun_below, prefix=bare, quote=tall),
        partial(_written, prefix=bare, quote=tall),
        partial(_written, prefix=bare, quote=first.quote),
        partial(_written, prefix=bare, quote=tall),
    ]
    begins_below = first.inner[:1] == "\\" and first.inner[1:2] in {"\r", "\n"}
    is_used = (len(like) > 1, first.is_raw, begins_below, is_taller, True, True)
    return tuple(way for way, used in zip(ways, is_used, strict=True) if used)


def _prefix(like: Sequence[Literal]) -> str:
    first = like[0].prefix
    is_f = any(one.is_f for one in like)
    return first if like[0].is_f or not is_f else "f" + re.sub("[uU]", "", first)


def _side_by_side(text: str, *, prefix: str, quote: str, gap: str) -> str:
    lines = text.splitlines(keepends=True)
    return gap.join(_written(line, prefix=prefix, quote=quote) for line in lines)


def _as_it_is(text: str, *, prefix: str, quote: str) -> str:
    return f"{prefix}{quote}{text}{quote}"


def _begun_below(text: str, *, prefix: str, quote: str) -> str:
    return _written(text, prefix=prefix, quote=quote).replace(quote, quote + "\\\n", 1)


def _written(text: str, *, prefix: str, quote: str) -> str:
    """Return a text in quotation marks, escaped where it must be; fields stay."""
    if "f" not in prefix.lower():
        return f"{prefix}{quote}{_escaped(text, quote)}{quote}"
    try:
        parts = list(_parts(Literal(prefix="rf", quote=quote, inner=text)))
    except Intricate:
        parts = [(text, False)]
    inner = "".join(part if is_field else _escaped(part, quote) for part, is_field in parts)
    return f"{prefix}{quote}{inner}{quote}"


def _escaped(text: str, quote: str) -> str:
    is_tall = len(quote) == _TRIPLE
    mark = quote[0]
    text = text.replace("\\", "\\\\")
    dangerous = rf"{mark}{{3,}}|{mark}+\Z" if is_tall else mark
    text = re.sub(dangerous, lambda run: ("\\" + mark) * len(run[0]), text)
    return "".join(
        char if char.isprintable() or (is_tall and char == "\n") else repr(char)[1:-1]
        for char in text
    )
