from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def strict() -> Callable[..., Draft202012Validator]:
    """The schema of a command, or of one of its answers, with no field beyond those it names."""
    from cli.schemas.by_command import schema  # noqa: PLC0415 - only tests of JSON pay for it

    @cache
    def validator(command: str, place: int | None = None) -> Draft202012Validator:
        whole = _closed(schema(command))
        options = whole["anyOf"] if place is None else [whole["anyOf"][place]]
        return Draft202012Validator({**whole, "anyOf": options})

    return validator


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    inside = {key: _closed(part) for key, part in node.items()}
    return {"additionalProperties": False, **inside} if "properties" in node else inside
