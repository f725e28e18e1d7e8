from __future__ import annotations

import shlex
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest
from typer.main import get_command

from cli import app
from cli.plain import understood
from cli.typer import declared

PLAIN = (
    "decide --workflow wf --strategy a --strategy b --json",
    "decide --all --jobs 3 --fail-fast",
    "decide -w wf --store h.duckdb --set a.b=1 --set=c.d=2 -c x.toml",
    "runs --limit 7 --workflow=wf",
    "compare one two three --metric success --scope suite --pool 2 --margin success=5pp",
    "gate new.json --baseline old.json --price",
    "status",
    "store migrate --store h.duckdb",
    "rollout status latest",
    "feedback --workflow wf",
)
LEFT_TO_TYPER = (
    "decide --workflo wf",
    "decide --workflow",
    "decide --workflow --json",
    "decide --workflow a --workflow b",
    "decide --jobs many",
    "decide --jobs 2000",
    "decide --help",
    "decide -wwf",
    "decide --as-of 2026-01-01",
    "decide extra",
    "compare",
    "compare --scope nothing a b",
    "compare -- a b",
    "runs --limit 0",
)


def function_of(line: str) -> tuple[Any, list[str]]:
    first, *rest = shlex.split(line)
    groups = {group.name for group in app.GROUPS}
    name = rest.pop(0) if first in groups else first
    return getattr(import_module(f"cli.commands.{first}"), name), rest


def parsed_by_typer(line: str) -> Mapping[str, Any]:
    """What typer calls a command with: a context is made and its parameters are read."""
    words = shlex.split(line)
    context = app._context(get_command(app.only(words[0])), "optimizer", words)
    return dict(context.params)


def as_text(value: Any) -> Any:
    return [as_text(one) for one in value] if isinstance(value, list | tuple) else str(value)


@pytest.mark.parametrize("line", PLAIN)
def test_a_plain_command_line_is_understood_as_typer_does(line: str) -> None:
    function, words = function_of(line)
    said = understood(function, words)
    assert said is not None
    known = parsed_by_typer(line)
    assert said.keys() == known.keys()
    assert {n: as_text(v) for n, v in said.items() if v} == {
        n: as_text(v) for n, v in known.items() if v
    }


@pytest.mark.parametrize("line", LEFT_TO_TYPER)
def test_a_command_line_that_is_not_plain_is_left_to_typer(line: str) -> None:
    function, words = function_of(line)
    assert understood(function, words) is None


def test_an_option_that_the_environment_sets_is_left_to_typer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function, words = function_of("runs")
    assert understood(function, words) is not None
    monkeypatch.setenv("OPTIMIZER_STORE", "h.duckdb")
    assert understood(function, words) is None


def test_every_command_of_the_table_is_a_function_with_declared_parameters() -> None:
    places = [(name, name) for name in app.COMMANDS]
    places += [(group.name, name) for group in app.GROUPS for name in group.commands]
    for module, name in places:
        function = getattr(import_module(f"cli.commands.{module}"), name)
        assert all(how is not None for _, how in declared(function).values()), (module, name)
