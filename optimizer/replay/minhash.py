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
from collections.abc import Iterable, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128
"""Places of a signature."""

SLACK = 1e-9
"""Below this a part of a place is rounding noise."""

MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
SHIFTS = (np.uint64(30), np.uint64(27))
LAST_SHIFT = np.uint64(31)
"""The constants of SplitMix64's finalizer."""

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
        permutations: Places of a signature.
    """
    rng = np.random.default_rng(seed)
    odd = rng.integers(0, 2**64, permutations, dtype=np.uint64) | np.uint64(1)
    shift = rng.integers(0, 2**64, permutations, dtype=np.uint64)
    found = np.empty((len(texts), permutations), dtype=np.uint32)
    for place, text in enumerate(texts):
        hashes = _hashes(text, shingle, size)
        mixed = hashes[:, None] * odd[None, :] + shift[None, :]
        found[place] = (mixed.min(axis=0) >> HALF).astype(np.uint32)
    return found


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


def _hashes(text: str, shingle: Shingle, size: int) -> NDArray[np.uint64]:
    """Return a mixed hash of each shingle; a text shorter than one is a shingle itself."""
    plain = " ".join(text.casefold().split())
    if shingle is Shingle.WORD:
        words = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in plain.split(" ")]
        codes = np.array(words, dtype=np.uint64)
    else:
        encoded = plain.encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(encoded, dtype="<u4").astype(np.uint64)
    if len(codes) < size:
        codes = np.concatenate([codes, np.zeros(size - len(codes), dtype=np.uint64)])
    n = len(codes) - size + 1
    hashed = np.zeros(n, dtype=np.uint64)
    for place in range(size):
        hashed = hashed * MULTIPLIERS[0] + codes[place : place + n]
    return _mixed(hashed)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return values whose bits all depend on all bits (Steele, Lea and Flood 2014, SplitMix)."""
    for multiplier, shift in zip(MULTIPLIERS, SHIFTS, strict=True):
        values = (values ^ (values >> shift)) * multiplier
    return values ^ (values >> LAST_SHIFT)
