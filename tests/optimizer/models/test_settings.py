from __future__ import annotations

from optimizer.models.settings import Settings, descriptions


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
