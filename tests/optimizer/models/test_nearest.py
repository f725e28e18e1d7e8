from __future__ import annotations

import shlex

import pytest

from optimizer.models.nearest import as_word, meant, some_of


@pytest.mark.parametrize("name", ["$(touch x)", "`x`;y", "a b", "it's", "~/x", "数据", "a\nb"])
def test_a_suggested_name_is_one_word_of_a_shell(name: str) -> None:
    assert meant(f"{name}_", [name]) == f"Did you mean {shlex.quote(name)}?"
    assert shlex.split(as_word(name)) == [name]


@pytest.mark.parametrize("name", ["few_shot", "runs/a.json#clear", "wf:v1", "branch:main"])
def test_a_plain_name_needs_no_quotes(name: str) -> None:
    assert as_word(name) == name


def test_the_very_name_is_not_suggested() -> None:
    assert meant("latest", ["latest"], "See 'optimizer runs'.") == "See 'optimizer runs'."


def test_of_many_names_the_first_are_listed_and_the_others_counted() -> None:
    assert some_of(["a", "b"]) == "a, b"
    assert some_of(f"v{n}" for n in range(5000)).endswith("v8, v9 and 4,990 more")
