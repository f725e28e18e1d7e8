from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("duckdb", "numpy", "pandas", "scipy", "rich", "jinja2", "yaml", "zstandard", "typer")

PROGRAM = """
import contextlib, io, sys
from cli.main import main
sys.argv = ["optimizer", *sys.argv[1:]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        main()
    except SystemExit:
        pass
print(*sorted(sys.modules))
"""


def loaded(cwd: Path, *args: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split()) & set(HEAVY)


def test_the_version_waits_for_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, "--version") == set()


def test_help_waits_for_no_database(tmp_path: Path) -> None:
    assert loaded(tmp_path, "--help") <= {"typer"}


@pytest.mark.parametrize(
    "command", ["decide", "ingest", "analyze", "power", "flaky", "feedback", "windows", "drift"]
)
def test_help_of_a_command_waits_for_no_database(tmp_path: Path, command: str) -> None:
    assert not loaded(tmp_path, command, "--help") & {"duckdb", "numpy", "pandas", "scipy"}


def test_deciding_on_test_runs_waits_for_no_scipy(tmp_path: Path) -> None:
    samples = ROOT / "sample_runs" / "native"
    loaded(tmp_path, "ingest", str(samples))
    used = loaded(tmp_path, "decide", "--workflow", "sentiment")
    assert "numpy" in used
    assert not used & {"pandas", "scipy", "jinja2", "yaml", "zstandard"}
