from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge.tables.fields import FAMILIES, FIELDS, SAME, field_of
from executor_bridge.tables.guesses import guessed
from executor_bridge.tables.known import KNOWN
from executor_bridge.tables.mapping import Column, Constant, Pattern, lines_of, place_of
from optimizer.models.errors import ConfigError

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="*.[]'"), min_size=1, max_size=9)
STEPS = st.lists(NAMES.filter(str.strip) | st.integers(0, 3), max_size=4)
MODEL = field_of("model")


def written(root, steps):
    return root + "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps)


def nested(value, steps):
    for step in reversed(steps):
        value = [None] * step + [value] if isinstance(step, int) else {step: value}
    return value


@settings(max_examples=80, deadline=None)
@given(NAMES.filter(str.strip), STEPS, st.integers())
def test_a_path_leads_to_what_lies_there(root, steps, value):
    place = place_of(MODEL, written(root, steps))
    assert place.of({root: nested(value, steps)}) == value
    assert place.of({root: json.dumps(nested([value], steps))}) in ([value], f"[{value}]")
    assert place.of({}) is None
    assert place.roots(frozenset({root})) == {root}


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_every_mapping_means_something_or_is_refused(field, column):
    try:
        lines = lines_of({field: column})
    except ConfigError:
        return
    assert isinstance(lines[0].place, (Column, Constant, Pattern))


@settings(max_examples=80, deadline=None)
@given(NAMES.map(str.strip).filter(bool), st.sampled_from(["1000", "0.001", "1e3", "2.5e-3"]))
def test_a_factor_multiplies(name, factor):
    place = place_of(MODEL, f"{name}*{factor}")
    assert place.of({name: "2"}) == 2 * float(factor)
    assert place.of({name: "two"}) == "two"
    assert place.of({f"{name}*{factor}": 7}) == 7


def test_a_unit_multiplies_as_well():
    place = place_of(field_of("latency_s"), "minutes*60")
    assert place.of({"minutes": 2}) == 120_000


def test_a_constant_may_be_quoted_on_both_sides():
    assert place_of(MODEL, "'gpt").of({}) == "gpt"
    assert place_of(MODEL, "'gpt'").of({}) == "gpt"
    assert place_of(MODEL, "'").of({}) == ""


def test_a_pattern_finds_columns_and_what_lies_in_one():
    pattern = place_of(field_of("score.*"), "feedback.*")
    row = {"feedback.a": 1, "other": 2, "feedback": {"b": 3}, "feedback.": 4}
    assert dict(pattern.items(row, frozenset())) == {"a": 1, "b": 3}
    ending = place_of(field_of("score.*"), "*/value")
    row = {"x/value": 1, "y/reason": 2, "/value": 3, "z/value": 4}
    assert dict(ending.items(row, frozenset({"z/value"}))) == {"x": 1}


@pytest.mark.parametrize("name", [*FIELDS, *SAME, *(f"{family}.x" for family in FAMILIES)])
def test_every_field_can_be_mapped(name):
    (line,) = lines_of({name: "column"})
    assert line.field.name in FIELDS


def test_every_mapping_that_is_shipped_means_something():
    for table in KNOWN.values():
        assert lines_of(table.map)
        assert table.columns


def test_columns_are_guessed_by_what_they_are_often_called():
    assert guessed(["questionId", "Is Correct", "Prompt Tokens", "end_to_end_latency_s"]) == {
        "case_id": "questionId",
        "success": "Is Correct",
        "latency_s": "end_to_end_latency_s",
        "tokens_in": "Prompt Tokens",
    }
    assert guessed(["timestamp", "item_id", "click"]) == {}
