from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor_bridge import seen
from executor_bridge.seen import TextCounts


@given(st.lists(st.text(max_size=2)))
def test_counts_how_often_texts_were_met_before(texts: list[str]) -> None:
    counts, before = TextCounts(), Counter[str]()
    for text in texts:
        assert counts.add(text) == before[text]
        before[text] += 1


def test_counts_more_texts_than_a_dict_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "FEW_TEXTS", 2**8)
    texts = [str(n % (5 * seen.FEW_TEXTS)) for n in range(10 * seen.FEW_TEXTS)]
    counts = TextCounts()
    found = [counts.add(text) for text in texts]
    assert found == [n // (5 * seen.FEW_TEXTS) for n in range(len(texts))]
