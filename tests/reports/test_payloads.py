"""Whatever a report is laid out from is JSON as the schemas say, hostile or unknown."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from cli.payload import as_json
from cli.payloads import PAYLOADS

Described = Mapping[str, Draft202012Validator]
Arguments = Callable[..., tuple[Any, ...]]

HOSTILE = "\x1b[2J\u202e</script>\x00\ud800\n"
ODD_NUMBERS = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308)
FOR_THE_PAGE_ALONE = {"Check", "KernelResult", "RunPoint", "Timeline"}


@pytest.fixture(scope="module")
def described(strict: Callable[..., Draft202012Validator]) -> Described:
    """What tells whether a record is as the schemas say, by its name; the payloads are whole."""
    parts, wholes = {}, {}
    for command, kinds in PAYLOADS.items():
        wholes |= {kind.__name__: strict(command, place) for place, kind in enumerate(kinds)}
        whole = strict(command).schema
        for name, part in whole["$defs"].items():
            inside = {**part, "properties": {"format_version": True, **part.get("properties", {})}}
            parts[name] = Draft202012Validator({**whole, "anyOf": [inside]})
    return {**parts, **wholes}


def with_number(record: Any, number: float) -> Any:
    if isinstance(record, float):
        return number
    if isinstance(record, tuple) and not hasattr(record, "_fields"):
        return tuple(with_number(item, number) for item in record)
    if is_record(record):
        values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
        changes = {name: with_number(value, number) for name, value in values.items()}
        return dataclasses.replace(record, **changes)
    return record


def is_record(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def records(arguments: tuple[Any, ...]) -> list[Any]:
    rows = [one if isinstance(one, (tuple, list)) else [one] for one in arguments]
    return [item for row in rows for item in row if is_record(item)]


def assert_described(described: Described, arguments: tuple[Any, ...]) -> None:
    for record in records(arguments):
        name = type(record).__name__
        if name not in FOR_THE_PAGE_ALONE:
            fault = best_match(described[name].iter_errors(json.loads(as_json(record))))
            assert fault is None, f"{name}: {fault.json_path}: {fault.message[:300]}"


@pytest.mark.parametrize("poison", ["", HOSTILE], ids=["as they are", "with hostile text"])
def test_records_of_every_report_are_as_described(
    name: str, poison: str, arguments_of: Arguments, described: Described
) -> None:
    assert_described(described, arguments_of(name, poison))


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_records_with_odd_numbers_are_as_described(
    number: float, case_names: frozenset[str], arguments_of: Arguments, described: Described
) -> None:
    for name in sorted(case_names):
        assert_described(described, with_number(arguments_of(name), number))
