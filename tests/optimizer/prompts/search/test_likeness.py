from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.search.likeness import likeness

TEXTS = st.lists(st.sampled_from(["one", "two", "three", "Four.", "\n"]), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b x", "a b y", 0.0),
        ("a b x y", "a b x z", 1 / 3),
        ("a", "a b x", 0.0),
        ("b a", "a b ", 0.0),
    ],
)
def test_counts_the_words_both_change_of_those_either_does(one, other, expected):
    assert likeness(one, other, "a b") == pytest.approx(expected)


@given(TEXTS, TEXTS, TEXTS)
def test_is_a_share_and_the_same_both_ways(one, other, original):
    assert 0 <= likeness(one, other, original) <= 1
    assert likeness(one, other, original) == likeness(other, one, original)
    assert likeness(one, one, original) == 1
