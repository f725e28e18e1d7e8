"""Variables as `[[V1]]` while a language model has the prompt, and put back exactly afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from optimizer.models.dataclass import dataclass
from optimizer.models.redaction import secrets
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.spans import split_around
from optimizer.promptcheck.templates import SpanKind, templates
from optimizer.prompts.search.fields import fields
from optimizer.prompts.search.useless import Useless

LETTER = "V"


class Place(NamedTuple):
    """A stretch of a text, up to and without `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text with what nobody may rewrite replaced by tokens.

    Attributes:
        text: What is shown.
        originals: What each token stands for; equal ones have one token.
        prefix: How every token begins: `[[V`.
    """

    text: str
    originals: Mapping[str, str]
    prefix: str

    @property
    def names(self) -> dict[str, str]:
        """The variable that each token stands for; empty for tags, chat tokens and secrets."""
        return {token: _name(original) for token, original in self.originals.items()}


def mask(text: str, *, patterns: Sequence[str] = ()) -> Masked:
    """Return a text with variables, template tags, chat tokens and secrets masked.

    Args:
        text: A prompt.
        patterns: What further secrets look like.
    """
    prefix = f"[[{_unused_letters(text)}"
    pieces: list[str] = []
    tokens: dict[str, str] = {}
    position = 0
    for start, end in _hidden(text, patterns):
        original = text[start:end]
        token = tokens.setdefault(original, f"{prefix}{len(tokens) + 1}]]")
        pieces += [text[position:start], token]
        position = end
    return Masked(
        text="".join([*pieces, text[position:]]),
        originals={token: original for original, token in tokens.items()},
        prefix=prefix,
    )


def unmask(text: str, masked: Masked) -> str:
    """Return a text with every token replaced by what it stands for.

    Raises:
        Useless: It names a token that stands for nothing.
    """

    def original(match: re.Match[str]) -> str:
        if match[0] not in masked.originals:
            raise Useless(f"the answer names {match[0][:40]!r}, which the prompt does not have")
        return masked.originals[match[0]]

    return re.sub(rf"{re.escape(masked.prefix)}[^\[\]\n]{{0,40}}(?:\]\]|(?=\n|\Z))", original, text)


def _name(construct: str) -> str:
    found = read(construct).variables
    is_one = len(found) == 1 and found[0].kind is not SpanKind.STATEMENT
    return found[0].name if is_one else ""


def _unused_letters(text: str) -> str:
    """Return V, or the first of V_, V__, ... that no token-like text of a prompt begins with."""
    return next(letters for n in count() if f"[[{(letters := LETTER + '_' * n)}" not in text)


def _hidden(text: str, patterns: Sequence[str]) -> list[Place]:
    """Return where hidden stretches stand, in order; those that overlap are one."""
    found = templates(text)
    places = [Place(start=span.start, end=span.end) for span in found.spans]
    places += [Place(*match.span()) for match in fields(text)]
    places += [
        Place(start=span.start, end=span.end)
        for span in split_around(text, found)
        if span.kind is SpanKind.CHAT_TOKEN
    ]
    places += _secrets(text, patterns)
    merged: list[Place] = []
    for place in sorted(place for place in places if place.start < place.end):
        if merged and place.start < merged[-1].end:
            merged[-1] = Place(start=merged[-1].start, end=max(merged[-1].end, place.end))
        else:
            merged.append(place)
    return merged


def _secrets(text: str, patterns: Sequence[str]) -> Iterator[Place]:
    """Yield where secrets stand: what ingest would blank."""
    content = text.encode("utf-8", "surrogatepass")
    for span in secrets(content, is_json=False):
        start, end = (
            len(content[:at].decode("utf-8", "surrogatepass")) for at in (span.start, span.end)
        )
        yield Place(start=start, end=end)
    for pattern in patterns:
        for match in re.finditer(pattern, text):
            yield Place(*match.span())
