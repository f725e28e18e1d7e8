from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_a_table_beyond_memory_is_an_error_that_says_so(optimizer: Run) -> None:
    refused = optimizer("stats", "boschloo", "[[10000000,1],[1,10000000]]")
    assert refused.code == 2
    assert "boschloo: the values take more memory than there is" in refused.err


def test_a_number_beyond_all_use_is_told_from_a_broken_one(optimizer: Run) -> None:
    refused = optimizer("stats", "wilson", "k=1", "n=99999999999999999999999")
    assert refused.code == 2
    assert "beyond" in refused.err
    assert ",," not in optimizer("stats", "wilson", "k=1e308", "n=3").err
