from __future__ import annotations

import random
from collections import Counter

from optimizer.prompts.search.proposing import Panel


def panel(*names: str, max_idle_asks: int = 3) -> Panel:
    return Panel(names, max_idle_asks=max_idle_asks, chance=random.Random(0))


def test_everybody_is_asked_once_before_anybody_is_asked_twice() -> None:
    seats = panel("a", "b", "c")
    asked = []
    for _ in range(3):
        seat = seats.next()
        seat.note(n_tested=1, is_better=False)
        asked.append(seat.proposer)
    assert asked == ["a", "b", "c"]


def test_whoever_was_of_use_is_asked_more_often() -> None:
    seats = panel("useful", "useless")
    n_asked: Counter[str] = Counter()
    for _ in range(100):
        seat = seats.next()
        n_asked[seat.proposer] += 1
        seat.note(n_tested=1, is_better=seat.proposer == "useful")
    assert n_asked["useful"] > 2 * n_asked["useless"] > 0


def test_whoever_has_nothing_to_say_is_asked_no_more() -> None:
    seats = panel("mute", max_idle_asks=2)
    seats.next().note(n_tested=0, is_better=False)
    seats.next().note(n_tested=0, is_better=False)
    assert seats.next() is None
