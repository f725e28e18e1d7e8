from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.replay.minhash import (
    Shingle,
    may_be_near,
    may_be_neighbours,
    neighbours,
    signatures,
)

PAIRS = Path(__file__).resolve().parents[4] / "shared/data/near_duplicates/gptcache_mock_pairs.json"
TEXTS = st.lists(st.text("ab c", max_size=12), max_size=12)


def signed(texts: list[str], *, seed: int = 0) -> np.ndarray:
    return signatures(texts, shingle=Shingle.CHAR, size=3, seed=seed)


def jaccard(first: str, second: str) -> float:
    a, b = ({text[n : n + 3] for n in range(len(text) - 2)} for text in (first, second))
    return len(a & b) / len(a | b)


def test_the_share_of_equal_places_estimates_the_shingles_in_common() -> None:
    rng = np.random.default_rng(5)
    words = ["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(60)]
    errors = []
    for n in range(5, 60, 5):
        first, second = " ".join(words), " ".join(words[:n] + words[:n][::-1])
        one, other = signed([first, second])
        errors.append(float((one == other).mean()) - jaccard(first, second))
    assert max(map(abs, errors)) < 4 * 0.5 / np.sqrt(128)


def test_case_and_white_space_make_no_difference() -> None:
    one, other, third = signed(["Where is  Ulm?", "where is\nulm?", "where is Bonn?"])
    assert (one == other).all()
    assert (one != third).any()


def test_words_may_be_shingles_too() -> None:
    one, other = signatures(["a b c", "a b d"], shingle=Shingle.WORD, size=1, seed=1)
    assert 0.2 < (one == other).mean() < 0.8


def test_a_seed_decides_the_signature() -> None:
    assert (signed(["some text"]) == signed(["some text"])).all()
    assert (signed(["some text"]) != signed(["some text"], seed=1)).any()


def test_fewer_permutations_are_the_beginning_of_more() -> None:
    few = signatures(["some text"], shingle=Shingle.CHAR, size=3, seed=0, permutations=16)
    assert (few == signed(["some text"])[:, :16]).all()


@pytest.mark.parametrize("text", ["", "a", "ab", "\ud800", "漢字"])
def test_short_and_strange_texts_have_a_signature(text: str) -> None:
    one, other = signed([text, text])
    assert (one == other).all()


@settings(max_examples=60)
@given(TEXTS, st.sampled_from([0.3, 0.5, 0.85, 1.0]))
def test_no_pair_is_missed_that_signatures_call_similar(texts: list[str], threshold: float) -> None:
    found = signed(texts)
    near = neighbours(found, [0] * len(texts), threshold=threshold)
    for place, one in enumerate(found):
        expected = {
            other
            for other, row in enumerate(found)
            if other != place and (row == one).mean() >= threshold
        }
        assert {other for _, other in near[place]} == expected
        shares = [share for share, _ in near[place]]
        assert shares == sorted(shares, reverse=True)


def test_texts_of_different_groups_are_no_neighbours() -> None:
    found = signed(["the same text", "the same text"])
    assert neighbours(found, [0, 1], threshold=0.9) == [[], []]


@given(TEXTS)
def test_a_first_look_finds_all_that_are_equal(texts: list[str]) -> None:
    look = may_be_near(texts, shingle=Shingle.CHAR, size=3, seed=0, threshold=0.9)
    plain = [" ".join(text.split()) for text in texts]
    for place, text in enumerate(plain):
        assert look[place] or plain.count(text) == 1


@given(st.lists(st.text("ab", min_size=20, max_size=60), max_size=12), st.sampled_from([0.8, 0.9]))
def test_whatever_is_near_by_whole_signatures_may_be_by_their_beginnings(
    texts: list[str], threshold: float
) -> None:
    near = neighbours(signed(texts), [0] * len(texts), threshold=threshold)
    chosen = may_be_neighbours(texts, shingle=Shingle.CHAR, size=3, seed=0, threshold=threshold)
    assert {place for place, others in enumerate(near) if others} <= set(chosen)


def test_texts_that_have_little_in_common_are_no_neighbours() -> None:
    texts = ["where is the town hall of ulm", "explain photosynthesis", "2 + 2", "2 +  2"]
    found = may_be_neighbours(texts, shingle=Shingle.CHAR, size=3, seed=0, threshold=0.85)
    assert found == [2, 3]


def test_a_first_look_leaves_out_what_has_nothing_in_common() -> None:
    texts = ["where is the town hall of ulm", "explain photosynthesis", "2 + 2"]
    look = may_be_near(texts, shingle=Shingle.CHAR, size=3, seed=0, threshold=0.85)
    assert not look.any()


@pytest.mark.skipif(not PAIRS.exists(), reason="no shared data on this platform")
@pytest.mark.parametrize(
    ("threshold", "recall", "precision"), [(0.3, 0.85, 0.9), (0.5, 0.5, 0.93), (0.7, 0.1, 0.93)]
)
def test_paraphrases_are_found_by_the_runs_of_characters_they_share(
    threshold: float, recall: float, precision: float
) -> None:
    pairs = json.loads(PAIRS.read_text(encoding="utf-8"))
    asked = [pair["origin"] for pair in pairs]
    texts = asked + [pair["similar"] for pair in pairs]
    near = neighbours(signed(texts), [0] * len(texts), threshold=threshold)
    found = right = 0
    for place, text in enumerate(asked):
        known = [other for _, other in near[len(asked) + place] if other < len(asked)]
        found += bool(known)
        right += bool(known) and asked[known[0]] == text
    assert right / len(pairs) >= recall
    assert right / found >= precision
