from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cli.payloads import PAYLOADS
from cli.schemas.by_command import schema
from cli.schemas.changes import broken

RATE: dict[str, Any] = {"type": ["number", "null"]}
PUBLISHED: dict[str, Any] = {
    "$id": "urn:x:1",
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "n": {"type": "integer"},
                "status": {"enum": ["passed", "failed"]},
                "checks": {"type": "array", "items": {"$ref": "#/$defs/Check"}},
            },
        }
    ],
    "$defs": {
        "Check": {
            "type": "object",
            "properties": {"rate": RATE, "inner": {"$ref": "#/$defs/Check"}},
        }
    },
}


def changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> dict[str, Any]:
    later = copy.deepcopy(PUBLISHED)
    change(later["anyOf"][0]["properties"], later["$defs"]["Check"]["properties"])
    return later


@pytest.mark.parametrize("command", PAYLOADS)
def test_a_schema_keeps_what_it_promises_itself(command: str) -> None:
    assert broken(schema(command), schema(command)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda top, check: top.update(cost={"type": "number"}),
        lambda top, check: check.update(why={"type": "string"}),
        lambda top, check: top["status"]["enum"].append("unknown"),
        lambda top, check: check.update(rate={"type": "number"}),
    ],
    ids=["a field", "a field of a part", "a choice", "one type less"],
)
def test_what_is_added_breaks_nothing(change: Any) -> None:
    assert broken(PUBLISHED, changed(change)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda top, check: top.pop("n"), "n is gone"),
        (lambda top, check: top.pop("checks"), "checks is gone"),
        (lambda top, check: check.pop("rate"), "checks[].rate is gone"),
        (
            lambda top, check: top.update(n={"type": ["integer", "null"]}),
            "n was integer, may now be null",
        ),
        (
            lambda top, check: check.update(rate={"type": "string"}),
            "checks[].rate was null or number, may now be string",
        ),
        (
            lambda top, check: top.update(status={"type": "boolean"}),
            "status was string, may now be boolean",
        ),
        (lambda top, check: top.update(n={}), "n was integer, may now be anything"),
    ],
)
def test_what_is_taken_back_is_named_by_its_path(change: Any, said: str) -> None:
    assert broken(PUBLISHED, changed(change)) == [said]


def test_a_field_of_one_of_two_answers_is_missed() -> None:
    gate, later = schema("gate"), copy.deepcopy(schema("gate"))
    del later["anyOf"][1]["properties"]["policy"]
    assert broken(gate, later) == ["policy is gone"]
