from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cli.payload import as_json

Run = Callable[..., Any]
Write = Callable[..., Path]


def test_a_gate_can_be_written_as_junit_and_json(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file(marks="-" * 40)
    result = optimizer("gate", path, "-o", "gate.junit.xml", "-o", "gate.json")
    assert result.code == 1
    suite = ElementTree.parse(tmp_path / "gate.junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    (failure,) = suite.iter("failure")
    assert (failure.get("message") or "").startswith("success_rate is 0.0 %")
    assert json.loads((tmp_path / "gate.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("command", "name", "message"),
    [
        (
            "analyze",
            "a.junit.xml",
            "must end in .html, .md, .txt, .json, .svg, .png, .csv, .parquet\n",
        ),
        (
            "gate",
            "a.xml",
            "must end in .html, .md, .txt, .json, .svg, .png, .csv, .parquet, .junit.xml, "
            ".sarif, .sarif.json\n",
        ),
    ],
)
def test_a_report_without_checks_is_not_written_as_junit(
    optimizer: Run, run_file: Write, tmp_path: Path, command: str, name: str, message: str
) -> None:
    result = optimizer(command, run_file(marks="+" * 40), "-o", name)
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / name).exists()


def test_the_gate_is_appended_to_the_summary_of_a_step(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n\n")
    path = run_file(marks="+" * 40)
    optimizer("gate", path, GITHUB_STEP_SUMMARY=str(summary))
    optimizer("gate", path, "--json", GITHUB_STEP_SUMMARY=str(summary))
    text = summary.read_text()
    assert text.startswith("before\n\n**PASSED: r1: 3 rules met")
    assert text.count("# Gate of r1") == 2


def test_a_summary_that_cannot_be_written_fails_nothing(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    result = optimizer("gate", run_file(marks="+" * 40), GITHUB_STEP_SUMMARY=str(tmp_path))
    assert result.code == 0
    assert "the step summary cannot be written" in result.err


def test_an_unbounded_interval_is_still_json() -> None:
    found = json.loads(as_json({"low": float("-inf"), "all": [float("nan"), 1.5]}))
    assert found["low"] is None
    assert found["all"] == [None, 1.5]


def test_github_shows_what_failed_at_the_file_and_stdout_stays_the_payload(
    optimizer: Run, run_file: Write
) -> None:
    path = run_file(marks="-" * 40)
    result = optimizer("gate", "run.json", "--json", GITHUB_ACTIONS="true")
    assert path.name == "run.json"
    assert result.json["status"] == "failed"
    [said] = [line for line in result.err.splitlines() if line.startswith("::")]
    assert said.startswith("::error file=run.json,title=success_rate::")
    assert "::error" not in optimizer("gate", "run.json").err


def test_a_comparison_in_github_is_a_notice(optimizer: Run, run_file: Write) -> None:
    run_file("a.json", marks="+-" * 20)
    run_file("b.json", marks="-+" * 20, run_id="r2")
    result = optimizer("compare", "a.json", "b.json", "--json", GITHUB_ACTIONS="true")
    assert result.code == 0
    assert json.loads(result.out)
    [said] = [line for line in result.err.splitlines() if line.startswith("::")]
    assert said.startswith("::notice title=optimizer compare::")


def test_a_gate_can_be_written_as_sarif_by_either_ending(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    run_file(marks="-" * 40)
    optimizer("gate", "run.json", "-o", "a.sarif", "-o", "b.sarif.json")
    first, second = (
        json.loads((tmp_path / name).read_text()) for name in ("a.sarif", "b.sarif.json")
    )
    assert first == second
    [result] = first["runs"][0]["results"]
    assert result["ruleId"] == "success_rate"
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "run.json", "uriBaseId": "%SRCROOT%"}
