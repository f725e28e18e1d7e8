"""House rules that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("cli", "executor_bridge", "optimizer", "reports")
SHIPPED = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
HOMELESS = {"utils.py", "helpers.py", "common.py", "manager.py", "service.py"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|in production|for now|mock(ed)?)\b")
BANNER = re.compile(r"^\s*#\s*[=\-*#]{5,}")
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b")

every_module = pytest.mark.parametrize(
    "path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT))
)


@every_module
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@every_module
def test_nothing_shipped_is_unfinished(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if UNFINISHED.search(line) or BANNER.match(line)] == []


@every_module
def test_only_the_entry_point_catches_everything(path: Path) -> None:
    broad = {"Exception", "BaseException"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            names = (
                {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
                if node.type
                else broad
            )
            reraises = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
            assert not names & broad or reraises or path == ROOT / "cli" / "main.py"


@every_module
def test_sql_stays_in_the_history(path: Path) -> None:
    if path.is_relative_to(ROOT / "optimizer" / "history"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value)


@every_module
def test_only_the_command_line_reads_the_clock(path: Path) -> None:
    if path.is_relative_to(ROOT / "cli"):
        return
    text = path.read_text(encoding="utf-8")
    calls = re.findall(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|time\.time\(", text)
    assert not calls


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [path for path in SHIPPED if path.name in HOMELESS] == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_are_named_by_behaviour(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    tests = [name for name in names if name.startswith("test_")]
    assert tests
    assert [name for name in tests if name.count("_") < 3] == []
    assert not {"coverage", "misc", "edge_cases"} & {name.removeprefix("test_") for name in tests}


def test_the_repository_tells_of_the_product_only() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    forbidden = re.compile(r"(^|/)(STATUS|PLAN|SUMMARY|TODO|NOTES)[^/]*\.md$")
    assert [name for name in files if forbidden.search(name)] == []
