from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec.inspect as types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from cli.payload import as_json
from cli.payloads import PAYLOADS
from optimizer.models.contract import PromptVersion

Strict = Callable[..., Draft202012Validator]

INT64 = 2**63
TEXTS = st.text(max_size=4) | st.sampled_from(["\x1b[2J", "\u202e", "\ud800", "</script>"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | TEXTS,
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(TEXTS, inside, max_size=2),
    max_leaves=3,
)
SCALARS: dict[type, st.SearchStrategy[Any]] = {
    types.BoolType: st.booleans(),
    types.IntType: st.integers(-INT64, INT64 - 1),
    types.FloatType: st.floats(),
    types.StrType: TEXTS,
    types.NoneType: st.none(),
    types.DateTimeType: st.just(datetime(2026, 3, 1, tzinfo=UTC)),
    types.DateType: st.just(date(2026, 3, 1)),
    types.AnyType: ANYTHING,
}
KINDS = {
    f"{command}, {place}": (command, place, kind)
    for command, kinds in PAYLOADS.items()
    for place, kind in enumerate(kinds)
    if kind is not PromptVersion  # what it may hold is checked by the model itself
    and not any(kind in earlier for name, earlier in PAYLOADS.items() if name < command)
}


def made(kind: types.Type) -> st.SearchStrategy[Any]:
    match kind:
        case types.DataclassType(cls=cls, fields=fields):
            found = st.deferred(lambda: st.builds(cls, **{f.name: made(f.type) for f in fields}))
        case types.EnumType(cls=cls):
            found = st.sampled_from(list(cls))
        case types.UnionType(types=options):
            found = st.one_of([made(option) for option in options])
        case types.DictType(key_type=key, value_type=value):
            found = st.dictionaries(made(key), made(value), max_size=1)
        case types.TupleType(item_types=items):
            found = st.tuples(*map(made, items))
        case types.CollectionType(item_type=item):
            found = st.lists(made(item), max_size=1).map(tuple)
        case types.CustomType(cls=cls):
            found = ANYTHING if cls is object else st.builds(cls)
        case _:
            found = SCALARS[type(kind)]
    return found


@pytest.mark.parametrize(("command", "place", "kind"), KINDS.values(), ids=KINDS)
def test_whatever_a_type_may_hold_is_json_as_its_schema_says(
    command: str, place: int, kind: Any, strict: Strict
) -> None:
    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(made(types.type_info(kind)))
    def holds(payload: Any) -> None:
        fault = best_match(strict(command, place).iter_errors(json.loads(as_json(payload))))
        assert fault is None, f"{fault.json_path}: {fault.message[:300]}"

    holds()


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda told: told.pop("n_lines"), "$"),
        (lambda told: told.update(n_lines=None), "$.n_lines"),
        (lambda told: told.update(format_version=2), "$.format_version"),
        (lambda told: told.update(mood="fine"), "$"),
    ],
    ids=["a field less", "of another type", "another version", "a field more"],
)
def test_a_schema_refuses_what_is_not_as_it_says(
    spoil: Callable[[dict[str, Any]], object], path: str, strict: Strict
) -> None:
    validator = strict("audit", 1)
    told: dict[str, Any] = {"format_version": 1, "n_lines": 3, "first_broken": None}
    assert validator.is_valid(told)
    spoil(told)
    assert best_match(validator.iter_errors(told)).json_path == path


def test_a_reader_of_the_published_schema_may_meet_new_fields() -> None:
    published = json.loads(
        (Path(__file__).parents[2] / "docs" / "schemas" / "audit.json").read_text()
    )
    told = {"format_version": 1, "n_lines": 3, "first_broken": None, "mood": "fine"}
    assert Draft202012Validator(published).is_valid(told)
