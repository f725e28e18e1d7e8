from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from optimizer.config.example import WIDTH, example_toml
from optimizer.config.load import load
from optimizer.config.tree import DEFAULTS, entries, keys
from optimizer.models.settings import Settings


def uncommented(text: str) -> str:
    return re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)


def test_it_sets_nothing_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text(example_toml())
    loaded = load(start=tmp_path, environ={})
    assert loaded.config == DEFAULTS
    assert set(loaded.origins.values()) == {"default"}


def test_uncommented_it_sets_everything_to_its_default(tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text(uncommented(example_toml()))
    loaded = load(start=tmp_path, environ={})
    assert loaded.config == DEFAULTS
    not_set = {".".join(key.path) for key in keys(DEFAULTS) if key.value is None}
    assert {key for key, origin in loaded.origins.items() if origin == "default"} == not_set


def test_every_section_and_key_is_in_it_with_its_description() -> None:
    text = example_toml()
    prose = re.sub(r"\s*\n# ", " ", text)
    for entry in entries(DEFAULTS):
        assert entry.description, f"{entry.path} has no description"
        assert entry.description in prose
        if isinstance(entry.value, Settings):
            assert f"\n[{'.'.join(entry.path)}]\n" in text


def test_lines_are_short_enough_to_read() -> None:
    comments = [line for line in example_toml().splitlines() if line.startswith("# ")]
    assert max(map(len, comments)) <= WIDTH


def test_bounds_are_told() -> None:
    text = example_toml()
    assert "# Whole number, from 1 to 1000.\n#max_faults = 20\n" in text
    assert "# True or false.\n#redact = true\n" in text
    assert "# One of blob, reference, none.\n#raw = " in text


def test_tables_in_a_list_are_explained() -> None:
    text = example_toml()
    assert "# Each is a table: { reason = ..., kind = ..., pattern = ... }\n" in text
    assert "#   pattern: Regular expression, searched in the message" in text


class Leaf(Settings):
    """A leaf."""

    share: Annotated[float, Field(gt=0, lt=1)] = 1e-05
    """A share."""


class Tree(Settings):
    """A tree of everything a setting can be."""

    nothing: Annotated[int, Field(ge=0)] | None = None
    """A number or nothing."""

    odd: str = 'a "quoted" \\d\n\u00e9'
    """A text that needs care."""

    weights: Mapping[str, float] = {"gpt-4.1 mini": 1.5, "b": 2.0}
    """An open table."""

    pairs: tuple[tuple[str, int], ...] = (("a", 1),)
    """A list of lists."""

    leaves: tuple[Leaf, ...] = (Leaf(), Leaf(share=0.5))
    """A list of tables that is not empty."""

    deep: Leaf = Leaf()


def test_every_kind_of_value_survives_the_round() -> None:
    values = tomllib.loads(uncommented(example_toml(Tree())))
    assert "nothing" not in values
    assert Tree.model_validate(values) == Tree()


def test_what_a_value_may_be_is_told_for_every_kind() -> None:
    text = example_toml(Tree())
    assert "# Whole number, at least 0 or nothing.\n# nothing is not set.\n" in text
    assert "# Number, above 0, below 1.\n#share = 1e-05\n" in text
    assert "# A leaf.\n[deep]\n" in text
