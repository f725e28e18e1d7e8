from __future__ import annotations

import numpy as np

from optimizer.pipeline.handing import Handed, Places


def made() -> dict[str, object]:
    return {"name": "x", "short": np.arange(3), "long": np.linspace(0, 1, 100), "none": None}


def same(found: dict[str, object]) -> bool:
    return all(np.array_equal(found[name], value) for name, value in made().items())


def test_hands_over_what_was_made() -> None:
    places = Places(2, 4096)
    for _ in range(5):
        place = places.take()
        put = places.put(made(), place)
        assert isinstance(put, Handed)
        assert same(places.got(put, place))


def test_a_place_is_free_again_when_nothing_of_it_is_used() -> None:
    places = Places(1, 4096)
    found = places.got(places.put(made(), places.take()), 0)
    last = found["short"]
    del found
    assert places.take() is None
    del last
    assert places.take() == 0


def test_what_is_too_large_for_its_place_is_handed_over_whole() -> None:
    places = Places(1, 64)
    place = places.take()
    put = places.put(made(), place)
    assert not isinstance(put, Handed)
    assert same(places.got(put, place))
    assert places.take() == place


def test_without_a_place_it_is_handed_over_whole() -> None:
    places = Places(0, 0)
    assert places.take() is None
    assert same(places.got(places.put(made(), None), None))
