"""Texts that are nearly the same: MinHash signatures, and all pairs that agree enough.

The similarity of two texts is that of their sets of shingles (what they share of what either
has, Jaccard); the share of equal places in two signatures estimates it, with a standard error of
sqrt(s (1 - s) / permutations).

Pairs are found by bands: cut into more bands than places may differ, two signatures must agree on
all of one band at least. So no pair is missed that the signatures themselves call similar.

References: Broder (1997), On the resemblance and containment of documents; Indyk and Motwani
(1998), STOC, 604-613 (banding); Dietzfelbinger et al. (1997), J. Algorithms 25, 19-51
(multiply-shift hashing).
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from optimizer.models.dataclass import dataclass

PERMUTATIONS = 128
"""Places of a signature."""

SCREENED = 32
"""Places that are looked at first."""

WIDTHS = (1, 2, 4, 8)
"""How many of those may make a band."""

BEGINNING = 2
"""Places of a band that are looked at first: few texts that differ agree on them."""

MISSED = 0.01
"""Chance that a first look overlooks two texts that are just near enough."""

BATCH_CODES = 1 << 15
"""Characters whose hashes are held at a time, few enough to stay near the processor."""

FEW_TEXTS = 256
"""Up to so many are held against each other one by one."""

LONG_TEXT = 500
"""Shingles from which on a text is worth looking through for equal ones first."""

SLACK = 1e-9
"""Below this a part of a place is rounding noise."""

MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
SHIFTS = (np.uint64(30), np.uint64(27))
LAST_SHIFT = np.uint64(31)
"""The constants of SplitMix64's finalizer."""

ONE = np.uint64(1)
HALF = np.uint64(32)
"""The upper half of the bits is the hash of multiply-shift."""

Signatures = NDArray[np.uint32]
Neighbours = list[tuple[float, int]]


class Shingle(StrEnum):
    """What the shingles of a text are made of."""

    CHAR = "char"
    WORD = "word"


def signatures(
    texts: Sequence[str],
    *,
    shingle: Shingle,
    size: int,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> Signatures:
    """Return the MinHash signature of each text, a row each.

    Args:
        texts: What is compared, without regard to case and to the kind of white space.
        shingle: Whether shingles are of characters or of words.
        size: How many of them make one.
        seed: Of the permutations; signatures of different seeds say nothing of each other.
        permutations: Places of a signature; fewer are the beginning of one of more.
    """
    found = np.empty((len(texts), permutations), dtype=np.uint32)
    for batch in _batches(texts, shingle, size):
        found[batch.texts] = _smallest(batch, seed, np.arange(permutations)).T
    return found


def _smallest(batch: _Batch, seed: int, places: NDArray[np.int64]) -> Signatures:
    """Return some places of the signatures of texts, a row each."""
    odd, shift = _permutations(seed)
    found = np.empty((len(places), len(batch.starts)), dtype=np.uint32)
    if not len(batch.starts):
        return found
    at_a_time = max(BATCH_CODES // len(batch.hashes), 1)
    for first in range(0, len(places), at_a_time):
        some = places[first : first + at_a_time]
        permuted = np.multiply.outer(odd[some], batch.hashes)
        permuted += shift[some, np.newaxis]
        smallest = np.minimum.reduceat(permuted, batch.starts, axis=1)
        found[first : first + at_a_time] = smallest >> HALF
    return found


@lru_cache(maxsize=16)
def _permutations(seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the odd factor and the shift of every place of a signature."""
    drawn = np.random.default_rng(seed).integers(0, 2**64, (PERMUTATIONS, 2), dtype=np.uint64)
    return drawn[:, 0] | ONE, drawn[:, 1].copy()


def may_be_near(
    texts: Sequence[str], *, shingle: Shingle, size: int, seed: int, threshold: float
) -> NDArray[np.bool_]:
    """Tell for each text whether another may be near it, sooner yes than no.

    It takes a part of the time of `signatures`: a shorter one is cut into bands so wide that two
    texts of just the least similarity agree on none of them with a chance of MISSED at most.

    Args:
        texts: As in `signatures`.
        shingle: As in `signatures`.
        size: As in `signatures`.
        seed: As in `signatures`.
        threshold: Least similarity, over 0 to 1.
    """
    said: Said = {"shingle": shingle, "size": size, "seed": seed}
    return may_be_near_in([texts], **said, threshold=threshold)[0]


def may_be_near_in(
    groups: Sequence[Sequence[str]], *, shingle: Shingle, size: int, seed: int, threshold: float
) -> list[NDArray[np.bool_]]:
    """Tell what `may_be_near` does of each of several groups of texts; many small ones at a time.

    Args:
        groups: Texts, each of which is held against those of its group.
        shingle: As in `signatures`.
        size: As in `signatures`.
        seed: As in `signatures`.
        threshold: Least similarity, over 0 to 1.
    """
    fitting = [n for n in WIDTHS if (1 - threshold**n) ** (SCREENED / n) <= MISSED]
    bands = np.arange(SCREENED).reshape(-1, max(fitting, default=1))
    said: Said = {"shingle": shingle, "size": size, "seed": seed}
    found = []
    for some in _together(groups):
        counts = [len(texts) for texts in some]
        near = _near(
            list(chain.from_iterable(some)), np.repeat(range(len(some)), counts), bands, said
        )
        found += np.split(near, np.cumsum(counts)[:-1])
    return found


def _together(groups: Sequence[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Yield groups of texts, as many at a time as a batch holds."""
    some: list[Sequence[str]] = []
    held = 0
    for texts in groups:
        n = sum(map(len, texts))
        if some and held + n > BATCH_CODES:
            yield some
            some, held = [], 0
        some.append(texts)
        held += n
    if some:
        yield some


def _near(
    texts: Sequence[str], groups: NDArray[np.int64], bands: NDArray[np.int64], said: Said
) -> NDArray[np.bool_]:
    """Tell for each text whether another of its group has a band of its signature in common."""
    near = _not_alone(_bands_of(texts, bands[:, :BEGINNING], **said), groups)
    if bands.shape[1] > BEGINNING and near.any():
        still, again = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
        found = _bands_of(texts, bands[still], again, **said)
        near[np.ix_(still, again)] = _not_alone(found, groups[again])
    return np.asarray(near.any(axis=0))


class Said(TypedDict):
    """How texts are signed."""

    shingle: Shingle
    size: int
    seed: int


def _bands_of(
    texts: Sequence[str],
    bands: NDArray[np.int64],
    only: NDArray[np.int64] | None = None,
    *,
    shingle: Shingle,
    size: int,
    seed: int,
) -> Signatures:
    """Return bands of the signatures of texts, or of some: by band, by text, its places."""
    found = [
        _smallest(batch if only is None else batch.only(only), seed, bands.ravel())
        for batch in _batches(texts, shingle, size)
    ]
    whole = np.concatenate([np.empty((bands.size, 0), dtype=np.uint32), *found], axis=1)
    return whole.reshape(*bands.shape, -1).transpose(0, 2, 1).copy()


def _not_alone(bands: Signatures, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell by band and by text whether the band of another text of its group is the same."""
    whole = np.broadcast_to(groups.astype(np.uint64), bands.shape[:2]).copy()
    for places in bands.transpose(2, 0, 1):
        whole *= MULTIPLIERS[0]
        whole += places
    hashed = _mixed(whole)
    ordered = np.sort(hashed, axis=1)
    near = np.zeros(hashed.shape, dtype=np.bool_)
    twice = ordered[:, 1:] == ordered[:, :-1]
    for band in np.flatnonzero(twice.any(axis=1)).tolist():
        near[band] = np.isin(hashed[band], ordered[band, 1:][twice[band]])
    return near


def may_be_neighbours(
    texts: Sequence[str], *, shingle: Shingle, size: int, seed: int, threshold: float
) -> list[int]:
    """Return the places of all texts that may be called near another by their signatures.

    Of few texts the beginnings of the signatures are held against each other: where two differ
    there in more places than two that are near do in all, they are not near.

    Args:
        texts: As in `signatures`.
        shingle: As in `signatures`.
        size: As in `signatures`.
        seed: As in `signatures`.
        threshold: Least similarity, over 0 to 1.
    """
    least = SCREENED - math.floor(PERMUTATIONS * (1 - threshold) + SLACK)
    if least <= 0 or len(texts) > FEW_TEXTS:
        return list(range(len(texts)))
    begun = signatures(texts, shingle=shingle, size=size, seed=seed, permutations=SCREENED)
    alike = (begun[:, np.newaxis] == begun).sum(axis=2) >= least
    return np.flatnonzero(alike.sum(axis=1) > 1).tolist()


def neighbours(found: Signatures, groups: Sequence[int], *, threshold: float) -> list[Neighbours]:
    """Return for each text the similarity and the place of the others near it, nearest first.

    Args:
        found: A signature a row.
        groups: Texts of different groups are no neighbours.
        threshold: Least similarity, over 0 to 1.
    """
    permutations = found.shape[1]
    may_differ = math.floor(permutations * (1 - threshold) + SLACK)
    near: list[Neighbours] = [[] for _ in range(len(found))]
    buckets: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for place, bands in enumerate(_bands(found, may_differ + 1)):
        seen: set[int] = set()
        for number, band in enumerate(bands):
            bucket = buckets[groups[place], number, band]
            seen.update(bucket)
            bucket.append(place)
        if not seen:
            continue
        others = np.fromiter(seen, dtype=np.int64, count=len(seen))
        shares = (found[others] == found[place]).mean(axis=1)
        for other, share in zip(others.tolist(), shares.tolist(), strict=True):
            if share >= threshold - SLACK:
                near[place].append((share, other))
                near[other].append((share, place))
    for one in near:
        one.sort(key=lambda pair: (-pair[0], pair[1]))
    return near


def _bands(found: Signatures, n: int) -> Iterable[list[bytes]]:
    """Yield each signature cut into so many bands, one place each at the most."""
    permutations = found.shape[1]
    n = min(n, permutations)
    edges = [permutations * place // n * found.itemsize for place in range(n + 1)]
    for row in found:
        whole = row.tobytes()
        yield [whole[edges[k] : edges[k + 1]] for k in range(n)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """The hashes of the shingles of some texts, one text after the other.

    Attributes:
        texts: Which texts.
        hashes: Of their shingles.
        starts: Where those of each text begin.
    """

    texts: slice
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]

    def only(self, texts: NDArray[np.int64]) -> _Batch:
        """Return the hashes of those of some texts that are in it."""
        chosen = texts[(texts >= self.texts.start) & (texts < self.texts.stop)] - self.texts.start
        edges = [*self.starts.tolist(), len(self.hashes)]
        kept = [self.hashes[edges[place] : edges[place + 1]] for place in chosen.tolist()]
        counts = np.array([len(part) for part in kept], dtype=np.int64)
        return _Batch(
            texts=slice(0, len(kept)),
            hashes=np.concatenate([self.hashes[:0], *kept]),
            starts=np.cumsum(counts) - counts,
        )


def _batches(texts: Sequence[str], shingle: Shingle, size: int) -> Iterator[_Batch]:
    """Yield the hashes of texts, of so many at a time as fit in memory."""
    if texts and sum(map(len, texts)) <= BATCH_CODES:
        yield _only_batch(tuple(texts), shingle, size)
        return
    first, held = 0, 0
    batch: list[str] = []
    for text in texts:
        plain = _plain(text)
        if batch and held + len(plain) > BATCH_CODES:
            yield _hashed(first, batch, shingle, size)
            first, held, batch = first + len(batch), 0, []
        batch.append(plain)
        held += len(plain)
    if batch:
        yield _hashed(first, batch, shingle, size)


@lru_cache(maxsize=1)
def _only_batch(texts: tuple[str, ...], shingle: Shingle, size: int) -> _Batch:
    """Return the hashes of few texts, which are asked for more than once."""
    return _hashed(0, list(map(_plain, texts)), shingle, size)


def _plain(text: str) -> str:
    """Return a text without regard to case and to the kind of white space."""
    folded = text.casefold()
    is_plain = folded.isprintable() and "  " not in folded and folded.strip(" ") == folded
    return folded if is_plain else " ".join(folded.split())


def _codes(
    texts: Sequence[str], shingle: Shingle, size: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return a number for each character or word of texts, and how many each has, size at least."""
    if shingle is Shingle.CHAR:
        padded = [text.ljust(size, "\0") for text in texts]
        whole = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), "<u4")
        return whole.astype(np.uint64), np.array([len(text) for text in padded])
    words = [
        [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in text.split(" ")]
        for text in texts
    ]
    filled = [one + [0] * (size - len(one)) for one in words]
    flat = np.array(list(chain.from_iterable(filled)), dtype=np.uint64)
    return flat, np.array([len(one) for one in filled])


def _hashed(first: int, texts: Sequence[str], shingle: Shingle, size: int) -> _Batch:
    """Return a mixed hash of each shingle of some texts, of which the first has this place."""
    whole, lengths = _codes(texts, shingle, size)
    n = len(whole) - size + 1
    hashed = whole[:n].copy()
    for place in range(1, size):
        hashed *= MULTIPLIERS[0]
        hashed += whole[place : place + n]
    is_inside = np.ones(n, dtype=np.bool_)
    for place in range(1, size):  # a shingle does not go on into the next text
        is_inside[np.cumsum(lengths)[:-1] - place] = False
    mixed = _mixed(hashed[is_inside])
    counts = lengths - size + 1
    if counts.max() > LONG_TEXT:  # most of its shingles come again and again
        parts = np.split(mixed, np.cumsum(counts)[:-1])
        parts = [np.unique(part) if len(part) > LONG_TEXT else part for part in parts]
        mixed, counts = np.concatenate(parts), np.array([len(part) for part in parts])
    return _Batch(
        texts=slice(first, first + len(texts)),
        hashes=mixed,
        starts=np.cumsum(counts) - counts,
    )


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix values in place: all bits depend on all bits (Steele, Lea and Flood 2014, SplitMix)."""
    for multiplier, shift in zip(MULTIPLIERS, SHIFTS, strict=True):
        values ^= values >> shift
        values *= multiplier
    values ^= values >> LAST_SHIFT
    return values
