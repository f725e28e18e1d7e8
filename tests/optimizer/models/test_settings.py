from __future__ import annotations

import pickle
from typing import Annotated

import pytest
from pydantic import ValidationError

from optimizer.config.tree import Config
from optimizer.models.checked import adapter
from optimizer.models.settings import Field, Settings, after, descriptions, together


class Base(Settings):
    """Settings with a default of each kind."""

    n_tries: int = 3
    """How often it is tried,
    at most."""

    plain: bool = False

    @property
    def doubled(self) -> int:
        """Not a setting."""
        return 2 * self.n_tries


class Derived(Base):
    """Settings that say one thing anew."""

    plain: bool = True
    """Whether it is plain."""


def test_the_text_under_a_field_says_what_it_is_for() -> None:
    assert descriptions(Base) == {"n_tries": "How often it is tried,\nat most."}


def test_what_a_base_says_holds_for_what_is_derived() -> None:
    assert descriptions(Derived) == {**descriptions(Base), "plain": "Whether it is plain."}


def test_a_class_that_is_made_says_what_its_bases_say() -> None:
    made = type("Made", (Derived,), {"__annotations__": {"n_tries": int}, "n_tries": 5})
    assert made().n_tries == 5  # type: ignore[attr-defined]
    assert descriptions(made) == descriptions(Derived)


def test_the_schema_says_what_each_field_is_for() -> None:
    fields = Derived.model_json_schema()["properties"]
    assert {name: field["description"] for name, field in fields.items()} == descriptions(Derived)


class Bounded(Settings):
    """Settings that refuse values."""

    low: Annotated[int, Field(ge=0)] = 1
    high: Annotated[int, Field(ge=0)] = 5
    names: tuple[Annotated[str, after(str.strip)], ...] = ()

    @together
    def _rises(self) -> None:
        if self.low > self.high:
            raise ValueError("expected low <= high")


def test_a_value_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Bounded(low=-1)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Bounded.model_validate({"lo": 1})


def test_values_that_cannot_hold_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="expected low <= high"):
        Bounded(low=6)


def test_a_value_is_changed_as_declared() -> None:
    assert Bounded(names=(" a ",)).names == ("a",)


def test_settings_never_change() -> None:
    with pytest.raises(AttributeError, match="settings never change"):
        Bounded().low = 3  # type: ignore[misc]


def test_settings_with_the_same_values_are_equal_however_they_were_said() -> None:
    assert Bounded() == Bounded(low=1) == Bounded.model_validate_json('{"high": 5}')
    assert len({Bounded(), Bounded(low=1), Bounded(low=2)}) == 2


def test_settings_are_pickled() -> None:
    assert pickle.loads(pickle.dumps(Bounded(low=2))) == Bounded(low=2)


def test_every_default_is_allowed_and_as_it_would_be_read() -> None:
    tree = Config()
    read = adapter(Config).validate_python(tree.model_dump())
    assert read.model_dump_json() == tree.model_dump_json()


def test_a_tree_told_in_part_is_as_when_its_models_check_it_whole() -> None:
    said = {"ingest": {"max_faults": 3}, "lifecycle": {"presets": {"s0": {"shares": [0.5, 1]}}}}
    whole = adapter(Config).validate_python(said)
    assert Config.model_validate(said).model_dump_json() == whole.model_dump_json()
