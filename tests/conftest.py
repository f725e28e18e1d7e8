from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with its share of the slow tests, so that none is waited for at last.

    A worker is given as many tests as any other, in order, and later takes over from others' ends.
    """
    n_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if n_workers == 1:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    ordered: list[pytest.Item] = []
    for worker in range(n_workers):
        ordered += slow[worker::n_workers]
        n_more = max(0, len(items) * (worker + 1) // n_workers - len(ordered))
        ordered += others[:n_more]
        del others[:n_more]
    items[:] = ordered


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
