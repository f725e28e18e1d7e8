from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTING = Path(__file__).with_name("modules_loaded.json")
OURS = {"cli", "executor_bridge", "optimizer", "reports"}
HEAVY = {
    "_duckdb",
    "duckdb",
    "importlib.metadata",
    "jinja2",
    "msgspec",
    "numpy",
    "pandas",
    "pydantic",
    "rich",
    "scipy",
    "scipy.special",
    "scipy.stats",
    "statsmodels",
    "typer",
    "yaml",
    "zstandard",
}
"""Modules that take long to import."""

TOLD = {"msgspec", "rich"}
QUERY = TOLD | {"_duckdb"}
CHECKED = {"importlib.metadata", "pydantic"}
PROMPT = QUERY | CHECKED | {"numpy"}
"""A stored prompt is analyzed, and its analysis is a published model."""
WRITING = PROMPT | {"duckdb", "zstandard"}
"""Columns are written with the help of the database's package."""

ALLOWED: dict[str, set[str]] = {
    "--version": set(),
    "": set(),
    "runs": QUERY | {"numpy"},
    "status": QUERY,
    "decide --workflow sentiment": PROMPT,
    "compare sentiment:clear sentiment:few_shot": QUERY | {"numpy"},
    "show latest": PROMPT | {"zstandard"},
    "analyze FILE": WRITING,
    "gate FILE": WRITING,
    "strategies": TOLD | CHECKED,
    "config show": TOLD | CHECKED,
}
"""What each command may import of them, on a plain command line and without a settings file."""

EXPLAINED = ("decide", "ingest", "analyze", "power", "flaky", "feedback", "windows", "drift")

PROGRAM = """
import contextlib, io, sys
from cli.main import main
for command in sys.argv[1:]:
    sys.argv = ["optimizer", *command.splitlines()]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            main()
        except SystemExit:
            pass
print(*sorted(sys.modules))
"""


def loaded(folder: Path, *commands: str) -> set[str]:
    """Run commands in one new process and return the modules that are loaded at its end."""
    samples = ROOT / "sample_runs" / "native"
    places = {"SAMPLES": samples, "FILE": samples / "sentiment-clear.json"}
    asked = [[str(places.get(word, word)) for word in one.split()] for one in commands]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map("\n".join, asked)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = tmp_path_factory.mktemp("loaded")
    (folder / ".git").mkdir()
    loaded(folder, "ingest SAMPLES")
    return {command: loaded(folder, command) for command in ALLOWED}


@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_imports_no_more_than_it_may(found: dict[str, set[str]], command: str) -> None:
    assert found[command] & HEAVY <= ALLOWED[command]


def test_help_waits_for_no_database(tmp_path: Path) -> None:
    assert loaded(tmp_path, "--help") & HEAVY <= {"msgspec", "typer"}
    of_commands = loaded(tmp_path, *(f"{command} --help" for command in EXPLAINED))
    assert "typer" in of_commands
    assert not of_commands & {"_duckdb", "numpy", "pandas", "scipy"}


def test_the_version_imports_the_entry_point_alone(found: dict[str, set[str]]) -> None:
    ours = {name for name in found["--version"] if name.partition(".")[0] in OURS}
    assert ours == {"cli", "cli.main", "optimizer"}


def test_the_modules_of_each_command_are_those_of_the_listing(found: dict[str, set[str]]) -> None:
    ours = {
        command: sorted(name for name in names if name.partition(".")[0] in OURS)
        for command, names in found.items()
    }
    if os.environ.get("UPDATE_GOLDEN"):
        LISTING.write_text(json.dumps(ours, indent=1) + "\n", encoding="utf-8")
    assert ours == json.loads(LISTING.read_text(encoding="utf-8"))
