"""Blank secrets in a result file before it is parsed, and leave valid JSON behind.

Hundreds of megabytes go through here, so patterns are not searched: `telltales` finds the few
bytes that give a secret away, and the patterns of `secrets` are tried only there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.secrets import REDACTED, SECRET_NAME
from optimizer.models.telltales import candidates

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)("?+)(\s*:)?', re.DOTALL)
ESCAPE_OR_REDACTED = re.compile(r"(\\(?:u[0-9A-Fa-f]{4}|.)|\[redacted\])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A content without secrets.

    Attributes:
        content: What is left.
        n_redacted: How many secrets were blanked.
    """

    content: bytes
    n_redacted: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Where a secret stands: from `start` up to, not including, `end`."""

    start: int
    end: int


def redact(content: bytes, patterns: Sequence[str] = (), *, is_json: bool = True) -> Redacted:
    """Return a content with its secrets blanked.

    Args:
        content: JSON text, one to a line or one in all; or any other text.
        patterns: Further secrets, searched in the texts between escapes; field names are left.
        is_json: Whether it is JSON; in other texts the patterns are searched everywhere, and so
            are values behind a name as YAML, CSV and XML write them.
    """
    extra = [re.compile(pattern) for pattern in patterns]
    n_redacted = 0
    while True:  # what is blanked may lay bare another
        spans = secrets(content, is_json=is_json)
        cut = _blanked(content, spans)
        search = _extra_redacted if is_json else _plainly_redacted
        searched = search(cut, extra) if extra else Redacted(content=cut, n_redacted=0)
        if not spans and not searched.n_redacted:
            return Redacted(content=content, n_redacted=n_redacted)
        content = searched.content
        n_redacted += len(spans) + searched.n_redacted


def is_secret(name: str) -> bool:
    """Tell whether what stands under a name, of a column for instance, is secret."""
    return SECRET_NAME.fullmatch(name.encode("utf-8", "surrogatepass")) is not None


def secrets(content: bytes, *, is_json: bool = True) -> list[Span]:
    """Return where secrets stand in a content, in order."""
    return _merged(_spans(content, is_json=is_json))


def _spans(content: bytes, *, is_json: bool) -> Iterator[Span]:
    """Yield where secrets stand; none is looked for inside one of its kind."""
    seen: dict[re.Pattern[bytes], Span] = {}
    for candidate in candidates(content, is_json=is_json):
        last = seen.get(candidate.pattern)
        if last is not None and last.start <= candidate.start < last.end:
            continue
        match = candidate.pattern.match(content, candidate.start)
        if match is not None:
            seen[candidate.pattern] = Span(start=match.start(), end=match.end())
            group = match.lastindex or 0
            span = Span(start=match.start(group), end=match.end(group))
            if span.start < span.end:
                yield span


def _merged(spans: Iterator[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return merged


def _blanked(content: bytes, spans: Sequence[Span]) -> bytes:
    if not spans:
        return content
    starts = [0, *[span.end for span in spans]]
    ends = [*[span.start for span in spans], len(content)]
    return REDACTED.join(content[a:b] for a, b in zip(starts, ends, strict=True))


def _extra_redacted(content: bytes, patterns: Sequence[re.Pattern[str]]) -> Redacted:
    """Blank what the user's patterns match in the texts of a JSON content."""
    n = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal n
        if not match[0]:
            return ""
        n += 1
        return REDACTED.decode()

    def literal(match: re.Match[str]) -> str:
        if match[3] is not None:
            return match[0]
        pieces = ESCAPE_OR_REDACTED.split(match[1])
        for pattern in patterns:
            pieces = [
                piece if at % 2 else pattern.sub(blank, piece) for at, piece in enumerate(pieces)
            ]
            pieces = ESCAPE_OR_REDACTED.split("".join(pieces))
        return f'"{"".join(pieces)}{match[2]}'

    text = LITERAL.sub(literal, content.decode("utf-8", "surrogateescape"))
    return Redacted(content=text.encode("utf-8", "surrogateescape"), n_redacted=n)


def _plainly_redacted(content: bytes, patterns: Sequence[re.Pattern[str]]) -> Redacted:
    """Blank what the user's patterns match in a text that is no JSON."""
    pieces = content.decode("utf-8", "surrogateescape").split(REDACTED.decode())
    n = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal n
        n += bool(match[0])
        return REDACTED.decode() if match[0] else ""

    for pattern in patterns:
        text = REDACTED.decode().join(pattern.sub(blank, piece) for piece in pieces)
        pieces = text.split(REDACTED.decode())
    text = REDACTED.decode().join(pieces)
    return Redacted(content=text.encode("utf-8", "surrogateescape"), n_redacted=n)
