from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
PROVE = ("--guardrail", "success:5pp:prove")


@pytest.fixture
def arms(run_file: Write) -> Callable[..., tuple[Path, Path]]:
    def write(old: str, now: str) -> tuple[Path, Path]:
        return (
            run_file("old.json", old),
            run_file("now.json", now, run_id="r2", metadata={"prompt_variant": "v2"}),
        )

    return write


BETTER = ("+-" * 200, "++" * 200)
WORSE = ("++" * 200, "+-" * 200)
SAME = ("+-" * 20, "+-" * 20)
SLIGHTLY_WORSE = ("+" * 60 + "-" * 40, "+" * 57 + "-" * 43)


@pytest.mark.parametrize(
    ("marks", "args", "code", "word"),
    [
        (BETTER, (), 0, "PASSED"),
        (WORSE, (), 1, "FAILED"),
        (SAME, (), 0, "PASSED"),
        (BETTER, PROVE, 0, "PASSED"),
        (WORSE, PROVE, 1, "FAILED"),
        (SAME, PROVE, 3, "INCONCLUSIVE"),
        (SLIGHTLY_WORSE, PROVE, 3, "INCONCLUSIVE"),
        (SLIGHTLY_WORSE, (), 0, "PASSED"),
    ],
)
def test_the_exit_code_is_the_answer(
    optimizer: Run, arms: Write, marks: tuple[str, str], args: Any, code: int, word: str
) -> None:
    old, now = arms(*marks)  # type: ignore[misc]
    result = optimizer("gate", now, "--baseline", old, *args)
    assert result.out.startswith(word), result.err
    assert result.code == code


def test_what_could_hide_is_said_where_nothing_was_found(optimizer: Run, arms: Write) -> None:
    old, now = arms(*SAME)  # type: ignore[misc]
    assert "could hide" in " ".join(optimizer("gate", now, "-b", old).out.split())


def test_arms_that_cannot_be_compared_end_with_two(optimizer: Run, arms: Write) -> None:
    old, _ = arms(*SAME)  # type: ignore[misc]
    result = optimizer("gate", old, "--baseline", old)
    assert result.code == 2
    assert result.out.startswith("INVALID")


def test_a_guardrail_on_what_was_not_measured_is_inconclusive(optimizer: Run, arms: Write) -> None:
    old, now = arms(*BETTER)  # type: ignore[misc]
    result = optimizer("gate", now, "-b", old, "-g", "success:5pp", "-g", "cost:10%")
    assert result.code == 3


def test_a_guardrail_without_a_baseline_is_refused(optimizer: Run, arms: Write) -> None:
    _, now = arms(*SAME)  # type: ignore[misc]
    result = optimizer("gate", now, *PROVE)
    assert result.code == 2
    assert "no baseline" in result.err


@pytest.mark.parametrize(
    "guardrail", ["success", "success:5", "success:5%", "cost:5pp", "speed:5%", "success:5pp:hope"]
)
def test_a_guardrail_that_cannot_be_read_is_named(
    optimizer: Run, arms: Write, guardrail: str
) -> None:
    old, now = arms(*SAME)  # type: ignore[misc]
    result = optimizer("gate", now, "-b", old, "-g", guardrail)
    assert result.code == 2
    assert "error:" in result.err
    assert "Traceback" not in result.err


def test_the_evidence_file_comes_out_the_same_byte_by_byte(
    optimizer: Run, arms: Write, tmp_path: Path
) -> None:
    old, now = arms(*BETTER)  # type: ignore[misc]
    said = []
    for name in ("one.json", "two.json"):
        optimizer("gate", now, "-b", old, *PROVE, "-o", name)
        said.append((tmp_path / name).read_bytes())
    assert said[0] == said[1]
    evidence = json.loads(said[0])
    (check,) = evidence["against"]["checks"]
    assert check["status"] == "passed"
    assert check["verdict"]["method"]
    assert evidence["policy"]["seed"] == 0
    assert evidence["against"]["comparison"]["candidate"]["content_sha256"]


def test_junit_holds_a_case_for_each_guardrail(optimizer: Run, arms: Write, tmp_path: Path) -> None:
    old, now = arms(*WORSE)  # type: ignore[misc]
    optimizer("gate", now, "-b", old, *PROVE, "-o", "gate.junit.xml")
    root = ET.parse(tmp_path / "gate.junit.xml").getroot()
    assert len(list(root.iter("testcase"))) == 1
    assert len(list(root.iter("failure"))) == 1


def test_the_newest_run_of_a_branch_is_a_baseline(optimizer: Run, run_file: Write) -> None:
    old = run_file("old.json", "+" * 40, metadata={"prompt_variant": "v1", "branch": "main"})
    now = run_file("now.json", "-" * 40, run_id="r2", metadata={"prompt_variant": "v2"})
    assert optimizer("ingest", old).code == 0
    assert optimizer("gate", now, "--baseline", "branch:main").code == 1
    missing = optimizer("gate", now, "--baseline", "branch:nowhere")
    assert missing.code == 2
    assert "branch:nowhere" in missing.err


@pytest.mark.parametrize("baseline", ["branch:main", "@baseline", "latest"])
def test_without_a_baseline_yet_the_thresholds_judge_if_that_is_asked_for(
    optimizer: Run,
    run_file: Write,
    tmp_path: Path,
    baseline: str,
) -> None:
    good = run_file("good.json", "+" * 40)
    asked = ("gate", good, "--baseline", baseline, "--on-no-baseline", "thresholds")
    assert optimizer("gate", good, "--baseline", baseline).code == 2
    outputs = tmp_path / "outputs"
    first = optimizer(*asked, GITHUB_OUTPUT=str(outputs))
    assert first.code == 0
    assert "There is no baseline yet" in first.out
    assert "warning: There is no baseline yet" in first.err
    assert outputs.read_text() == "verdict=passed\ndelta=\n"
    other = run_file("other.json", "+" * 40, run_id="o", workflow_id="other")
    optimizer("ingest", other)
    assert optimizer(*asked).code == 0


def test_a_baseline_that_cannot_be_read_is_not_one_that_is_not_there_yet(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    now = run_file("now.json", "+" * 40)
    (tmp_path / "broken.json").write_text("{")
    for baseline in ("broken.json", "nowhere.json"):
        asked = ("--baseline", baseline, "--on-no-baseline", "thresholds")
        assert optimizer("gate", now, *asked).code == 2


def test_a_gate_tells_the_next_steps_its_verdict_and_the_difference(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    old = run_file("old.json", "+" * 40)
    now = run_file("now.json", "+" * 30 + "-" * 10, run_id="r2")
    outputs = tmp_path / "outputs"
    outputs.write_text("mine=1\n")
    optimizer("gate", now, "--baseline", old, GITHUB_OUTPUT=str(outputs))
    assert outputs.read_text() == "mine=1\nverdict=failed\ndelta=-0.25\n"
