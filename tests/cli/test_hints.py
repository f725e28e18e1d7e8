from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.app import UsageProblem, app
from cli.terminal.manners import understood

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "executor_bridge", "optimizer", "reports")
SHOWN = re.compile(r"'optimizer ([a-z][^']*)'|: optimizer ([a-z].*)$|^optimizer ([a-z].*)$")
NAMES_THE_PROGRAM = re.compile(r"optimizer[ '\"]")
PROGRAM = get_command(app)
VALUE = "1.1.0"
"""What stands for a value that is filled in at run time."""

NAMED_ALONE = ("baseline set", "compare", "gate")
"""Commands that are spoken of, not to be pasted."""

OPTIONS_FILLED_IN = f"Got unexpected extra argument(s) ({VALUE})"

WORDS = re.compile(r"\{[^}]*\}")


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are not documentation, values filled in."""
    source = path.read_text(encoding="utf-8")
    if not NAMES_THE_PROGRAM.search(source):
        return
    nodes = list(ast.walk(ast.parse(source)))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    others = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    others |= {id(part) for node in joined for part in node.values}
    for node in joined:
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values
        )
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in others:
            yield str(node.value)


@cache
def hints() -> list[str]:
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for text in texts(path):
                for match in SHOWN.finditer(text):
                    found.add(WORDS.sub(VALUE, next(filter(None, match.groups()))))
    return sorted(found)


def parse(command: Any, words: list[str], parent: Any = None) -> None:
    context = command.make_context(words[0] if parent else "optimizer", words[1:], parent=parent)
    if hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, inner, _ = command.resolve_command(context, rest)
        parse(inner, [name, *rest[1:]], context)


def test_there_are_hints_to_look_at() -> None:
    assert len(hints()) > 30


@pytest.mark.parametrize("hint", hints())
def test_every_command_in_a_hint_works_as_it_is_pasted(hint: str) -> None:
    words = understood(shlex.split(hint if hint.endswith(" .") else hint.rstrip(".")))[1]
    if hint in NAMED_ALONE or words[-1:] == ["--help"]:
        return
    try:
        parse(PROGRAM, ["optimizer", *words])
    except UsageProblem as problem:
        said = problem.format_message()  # type: ignore[attr-defined]
        assert said.startswith(OPTIONS_FILLED_IN), said
