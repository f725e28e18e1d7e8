"""House rules that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("cli", "executor_bridge", "optimizer", "reports")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
HOMELESS = {"utils.py", "helpers.py", "common.py", "manager.py", "service.py"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|in production|for now|mock(ed)?)\b")
BANNER = re.compile(r"^\s*#\s*[=\-*#]{5,}")
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b")
CLOCK = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|time\.time\(")
BROAD = {"Exception", "BaseException"}


@dataclass(frozen=True)
class Module:
    """What the rules look at; the whole tree of every module would not be small."""

    path: Path
    source: str
    docstring: str | None
    texts: tuple[str, ...]
    catches_everything: bool

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def shipped(package: str) -> tuple[Module, ...]:
    return tuple(map(read, sorted((ROOT / package).rglob("*.py"))))


def read(path: Path) -> Module:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return Module(
        path=path,
        source=source,
        docstring=ast.get_docstring(tree),
        texts=tuple(value for value in constants if isinstance(value, str)),
        catches_everything=any(map(is_broad, nodes)),
    )


def is_broad(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = ast.walk(node.type) if node.type else ()
    names = {n.id for n in caught if isinstance(n, ast.Name)} if node.type else BROAD
    reraises = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
    return bool(names & BROAD) and not reraises


every_package = pytest.mark.parametrize("package", PACKAGES)


@every_package
def test_every_module_says_what_it_is_for(package: str) -> None:
    assert [str(module) for module in shipped(package) if not module.docstring] == []


@every_package
def test_nothing_shipped_is_unfinished(package: str) -> None:
    assert [line for module in shipped(package) for line in unfinished(module)] == []


def unfinished(module: Module) -> Iterator[str]:
    for line in module.source.splitlines():
        if UNFINISHED.search(line) or BANNER.match(line):
            yield f"{module}: {line}"


@every_package
def test_only_the_entry_point_catches_everything(package: str) -> None:
    broad = [str(module) for module in shipped(package) if module.catches_everything]
    assert set(broad) <= {"cli/main.py"}


@every_package
def test_sql_stays_in_the_history(package: str) -> None:
    others = [m for m in shipped(package) if not str(m).startswith("optimizer/history/")]
    assert others
    assert [str(m) for m in others if any(map(SQL.search, m.texts))] == []


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "cli"])
def test_only_the_command_line_reads_the_clock(package: str) -> None:
    assert [str(module) for module in shipped(package) if CLOCK.search(module.source)] == []


@every_package
def test_no_module_is_a_drawer_for_odds_and_ends(package: str) -> None:
    assert [str(module) for module in shipped(package) if module.path.name in HOMELESS] == []


def test_tests_are_named_by_behaviour() -> None:
    named = {path: names_of_tests(path) for path in TESTS}
    assert [path for path, names in named.items() if not names] == []
    every = [name for names in named.values() for name in names]
    assert [name for name in every if name.count("_") < 3] == []
    assert not {"coverage", "misc", "edge_cases"} & {name.removeprefix("test_") for name in every}


def names_of_tests(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith("test_")]


def test_the_repository_tells_of_the_product_only() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    forbidden = re.compile(r"(^|/)(STATUS|PLAN|SUMMARY|TODO|NOTES)[^/]*\.md$")
    assert [name for name in files if forbidden.search(name)] == []
