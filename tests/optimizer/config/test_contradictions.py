from __future__ import annotations

import pytest

from optimizer.config.contradictions import contradictions, refuse_contradictions
from optimizer.config.layers import Layer, merge
from optimizer.config.tree import DEFAULTS, sections
from optimizer.models.errors import ConfigError
from optimizer.models.settings import Settings


class Batches(Settings):
    min_batch_size: int = 5
    max_batch_size: int = 20
    min_alone: float = 7.0
    quality_weight: float = 0.5
    cost_weight: float = 0.5


class Tree(Settings):
    batches: Batches = Batches()


def test_the_defaults_do_not_contradict_each_other() -> None:
    assert list(contradictions(DEFAULTS)) == []
    assert list(contradictions(Tree())) == []


def test_a_least_above_the_most_is_refused_with_both_keys_and_places() -> None:
    layer = Layer(
        origin="f",
        label="f.yaml",
        values={"batches": {"min_batch_size": 30}},
        lines={("batches", "min_batch_size"): 2},
    )
    merged = merge([layer], sections(Tree()))
    with pytest.raises(ConfigError) as error:
        refuse_contradictions(Tree(batches=Batches(min_batch_size=30)), merged)
    assert str(error.value) == (
        "f.yaml:2: batches.min_batch_size and batches.max_batch_size: 30 and 20, expected the "
        "least to be no more than the most"
    )


@pytest.mark.parametrize(("weight", "n"), [(0.5, 0), (0.6, 0), (0.4, 0), (0.61, 1), (0.39, 1)])
def test_weights_may_be_a_tenth_off(weight: float, n: int) -> None:
    tree = Tree(batches=Batches(quality_weight=weight))
    assert len(list(contradictions(tree))) == n


def test_equal_bounds_are_allowed() -> None:
    tree = Tree(batches=Batches(min_batch_size=20))
    assert list(contradictions(tree)) == []
