"""Where the bytes stand that give a secret away, found with numpy by table look-up.

Pairs of bytes are looked up at even addresses, and words of four bytes, folded to lower case and
hashed, at multiples of four. A telltale is long enough to cover such an address wherever it
begins, so that no other address needs a look.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from optimizer.models.dataclass import dataclass
from optimizer.models.secrets import LONG_SECRETS, SHORT_SECRETS, TEXT_SECRETS, LongSecret

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

CHUNK_BYTES = 2**19
"""Bytes looked at in one go; what is computed on the way then stays in the cache."""

FOLD = np.uint32(0x20202020)
SPREAD = np.uint32(2654435761)
HASH_BITS = 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a secret may begin, and the pattern that tells."""

    pattern: re.Pattern[bytes]
    start: int


@dataclass(frozen=True, slots=True, eq=False)
class Telltale:
    """A few bytes in a row that give a secret away.

    Attributes:
        pattern: Tells whether there is a secret.
        letters: Which bytes are allowed, position by position.
        offset: How far into the secret the first of them stands.
    """

    pattern: re.Pattern[bytes]
    letters: tuple[Flags, ...]
    offset: int


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of four bytes that tell of long secrets.

    Attributes:
        telltales: By word what it tells of, with how far in it stands.
        is_one: By hash whether a word may be one of them.
    """

    telltales: dict[int, list[tuple[Telltale, int]]]
    is_one: Flags


def candidates(content: bytes, *, is_json: bool = True) -> Iterator[Candidate]:
    """Yield where secrets may begin."""
    text = np.frombuffer(content, np.uint8)
    words = WORDS if is_json else _words_of_texts()
    for start in range(0, len(text), CHUNK_BYTES):
        chunk = text[start : start + CHUNK_BYTES]
        yield from _short_candidates(text, chunk[: len(chunk) // 2 * 2], start)
        yield from _long_candidates(text, chunk[: len(chunk) // 4 * 4], start, words)


def _short_candidates(text: Bytes, chunk: Bytes, start: int) -> Iterator[Candidate]:
    """Yield the short secrets that show themselves in a chunk."""
    pairs = chunk.view("<u2")
    hits = np.flatnonzero(IS_PAIR.take(pairs, mode="clip"))
    found = pairs[hits]
    for pair in np.unique(found).tolist():
        telltale, at = PAIRS[pair]
        yield from _confirmed(text, telltale, hits[found == pair] * 2 + start - at)


def _long_candidates(text: Bytes, chunk: Bytes, start: int, words: Words) -> Iterator[Candidate]:
    """Yield the long secrets that show themselves in a chunk."""
    folded = chunk.view("<u4") | FOLD
    hits = np.flatnonzero(words.is_one.take(_hashed(folded), mode="clip"))
    found = folded[hits]
    for word in words.telltales.keys() & set(found.tolist()):
        for telltale, at in words.telltales[word]:
            yield from _confirmed(text, telltale, hits[found == word] * 4 + start - at)


def _confirmed(text: Bytes, telltale: Telltale, places: Places) -> Iterator[Candidate]:
    """Yield the places where a telltale stands in full."""
    places = places[(places >= telltale.offset) & (places + len(telltale.letters) <= len(text))]
    for position, allowed in enumerate(telltale.letters):
        places = places[allowed[text[places + position]]]
    for place in places.tolist():
        yield Candidate(telltale.pattern, place - telltale.offset)


def _hashed(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    return words * SPREAD >> np.uint32(32 - HASH_BITS)


def _allowed(letters: bytes) -> Flags:
    """Return which bytes are among some letters."""
    flags = np.zeros(2**8, np.bool_)
    flags[list(letters)] = True
    return flags


def _either_case(letters: bytes) -> Flags:
    return _allowed(letters.lower() + letters.upper())


def _folded(letters: Iterable[int]) -> int:
    """Return four bytes as the word they make once folded."""
    return int.from_bytes(bytes(letter | 0x20 for letter in letters), "little")


def _pairs() -> dict[int, tuple[Telltale, int]]:
    """Return the pairs of bytes that tell of short secrets, with how far in each stands."""
    pairs = {}
    for secret in SHORT_SECRETS:
        telltale = Telltale(secret.pattern, tuple(map(_allowed, secret.head)), 0)
        for at in secret.telltale:
            for first in secret.head[at]:
                for second in secret.head[at + 1]:
                    pairs[first | second << 8] = (telltale, at)
    return pairs


def _words(secrets: Iterable[LongSecret]) -> Words:
    """Return what tells of long secrets."""
    telltales = defaultdict(list)
    for secret in secrets:
        for window in secret.windows:
            telltale = Telltale(secret.pattern, tuple(map(_either_case, window)), secret.offset)
            for at in range(4):
                for word in {_folded(letters) for letters in product(*window[at : at + 4])}:
                    telltales[word].append((telltale, at))
    is_one = np.zeros(2**HASH_BITS, np.bool_)
    is_one[_hashed(np.array(list(telltales), np.uint32))] = True
    return Words(dict(telltales), is_one)


@cache
def _words_of_texts() -> Words:
    return _words((*LONG_SECRETS, *TEXT_SECRETS))


PAIRS = _pairs()
IS_PAIR = np.zeros(2**16, np.bool_)
IS_PAIR[list(PAIRS)] = True
WORDS = _words(LONG_SECRETS)
