from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import pytest
from pydantic import Field

from optimizer.config.schema import schema_of
from optimizer.models.settings import Settings


class Round(Settings):
    """A round shape."""

    kind: Literal["round"] = "round"
    """Its kind."""

    radius: Annotated[float, Field(gt=0)] = 1.0
    """Its radius."""


class Square(Settings):
    """A square shape."""

    kind: Literal["square"] = "square"
    """Its kind."""

    side: Annotated[float, Field(ge=0.5)] = 1.0
    """Its side."""


class Shapes(Settings):
    """One key of each sort."""

    flag: bool = True
    """A flag."""

    share: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """A share."""

    even: Annotated[int, Field(multiple_of=2)] = 2
    """An even number."""

    mode: Literal["a", "b"] = "a"
    """A mode."""

    modes: tuple[Literal["a", "b"], ...] = ()
    """Several modes."""

    names: Annotated[tuple[Annotated[str, Field(max_length=9)], ...], Field(min_length=1)] = ("x",)
    """Names."""

    pair: tuple[int, str] = (1, "x")
    """A number and a text."""

    prices: Mapping[str, float] = {}
    """Prices by name."""

    limit: int | None = None
    """A limit."""

    shape: Annotated[Round | Square, Field(discriminator="kind")] = Round()
    """A shape."""


schema = schema_of(Shapes)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("flag", "true or false"),
        ("share", "number, above 0, at most 0.5"),
        ("even", "whole number, a multiple of 2"),
        ("mode", "one of a, b"),
        ("modes", "list of one of a, b"),
        ("names", "list of texts, length at most 9, items at least 1"),
        ("prices", "table"),
        ("limit", "whole number or nothing"),
        ("shape", "table or table"),
    ],
)
def test_what_a_key_may_be_is_told_in_words(key: str, words: str) -> None:
    assert schema.allowed((key,)) == words


def test_what_is_inside_is_told_too() -> None:
    assert schema.allowed(("prices", "any")) == "number"
    assert schema.allowed(("pair", 0)) == "whole number"
    assert schema.allowed(("pair", 1)) == "text"
    assert schema.allowed(("shape", "side")) == "number, at least 0.5"
    assert schema.allowed(("shape", "kind")) == "round or square"


def test_a_table_names_its_fields_and_a_value_has_none() -> None:
    assert schema.fields(("shape",)) == {
        "kind": "Its kind.",
        "radius": "Its radius.",
        "side": "Its side.",
    }
    assert schema.fields(("flag",)) == {}
    assert schema.fields(("nowhere", "at all")) == {}


def test_a_name_is_found_wherever_it_is() -> None:
    assert schema.places("side") == [("shape", "side")]
    assert schema.places("flag") == [("flag",)]
    assert schema.places("nothing") == []
