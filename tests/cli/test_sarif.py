from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

Run = Callable[..., Any]
Write = Callable[..., Path]
Valid = Callable[..., dict[str, Any]]

MULTITOOL = Path(sys.prefix) / "sarif" / "node_modules" / "@microsoft" / "sarif-multitool-linux"
HOSTILE = "etc \x1b]8;;http://x\x07 \u202e ##[error]x\n::error::y <script>&amp;</script>\n"


@pytest.fixture(scope="module")
def standard() -> Draft202012Validator:
    path = MULTITOOL / "sarif-2.1.0.json"
    if not path.exists():
        pytest.skip("the schema of SARIF comes with its validator, for Linux on x86-64")
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8-sig")))


@pytest.fixture
def valid(standard: Draft202012Validator, tmp_path: Path) -> Valid:
    """A log as it was read, which keeps to the standard and to what GitHub asks for."""

    def read(name: str) -> dict[str, Any]:
        log: dict[str, Any] = json.loads((tmp_path / name).read_text())
        assert [fault.message for fault in standard.iter_errors(log)] == []
        assert complaints(tmp_path / name) == []
        return log

    return read


def complaints(path: Path) -> list[str]:
    """What the validator finds wrong; that no address tells of this program is true."""
    said = subprocess.run(
        [MULTITOOL / "Sarif.Multitool", "validate", path, "--rule-kind", "Sarif;Gh"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "Analysis completed successfully" in said, said
    found = [line for line in said.splitlines() if ": error " in line or ": warning " in line]
    return [line for line in found if "informationUri" not in line]


def test_a_log_of_clean_prompts_is_valid(optimizer: Run, tmp_path: Path, valid: Valid) -> None:
    (tmp_path / "a.md").write_text("Answer with one of these words: yes, no.\n")
    optimizer("lint", "a.md", "-o", "lint.sarif")
    assert valid("lint.sarif")["runs"][0]["results"] == []


def test_a_log_of_many_findings_is_valid(optimizer: Run, tmp_path: Path, valid: Valid) -> None:
    for i in range(20):
        text = "Do it etc.  \nMaybe do things, and so on.\nYou MUST not. {{x}} {y\n" * 5
        (tmp_path / f"prompt ä {i}.md").write_text(text)
    optimizer("lint", ".", "-o", "lint.sarif.json")
    assert len(valid("lint.sarif.json")["runs"][0]["results"]) > 100


def test_a_log_of_hostile_prompts_is_valid(optimizer: Run, tmp_path: Path, valid: Valid) -> None:
    (tmp_path / "a#%20[b].md").write_text(HOSTILE * 3)
    (tmp_path / "none.md").write_bytes(b"\xff\xfe\x00")
    optimizer("lint", ".", "-o", "lint.sarif")
    assert valid("lint.sarif")["runs"][0]["results"]


@pytest.mark.parametrize(("marks", "found"), [("+" * 60, 0), ("-" * 60, 1), ("+++-" * 10, 1)])
def test_a_log_of_a_gate_is_valid(
    optimizer: Run, run_file: Write, valid: Valid, marks: str, found: int
) -> None:
    run_file(marks=marks)
    optimizer("gate", "run.json", "-o", "gate.sarif")
    assert len(valid("gate.sarif")["runs"][0]["results"]) == found


def test_a_log_of_a_stored_run_is_valid(optimizer: Run, run_file: Write, valid: Valid) -> None:
    optimizer("ingest", run_file(marks="-" * 60))
    optimizer("gate", "latest", "-o", "gate.sarif")
    assert len(valid("gate.sarif")["runs"][0]["results"]) == 1


@pytest.mark.parametrize(
    ("marks", "level"), [("-" * 60, "error"), ("+-" * 30, "error"), ("+" * 3, "warning")]
)
def test_a_log_of_a_gate_by_a_baseline_is_valid(
    optimizer: Run, run_file: Write, valid: Valid, marks: str, level: str
) -> None:
    run_file("base.json", marks="+" * 60)
    run_file("new.json", marks=marks, run_id="r2")
    optimizer("gate", "new.json", "--baseline", "base.json", "--mode", "prove", "-o", "gate.sarif")
    [result] = valid("gate.sarif")["runs"][0]["results"]
    assert result["level"] == level
    place = result["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 1
    assert place["region"]["endLine"] >= 1
