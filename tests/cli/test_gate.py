from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("marks", "code", "word"),
    [
        ("+" * 40, 0, "PASSED"),
        ("-" * 40, 1, "FAILED"),
        ("++-", 3, "INCONCLUSIVE"),
        ("+" * 8 + "-" * 2, 0, "PASSED"),
    ],
)
def test_the_exit_code_is_the_answer(
    optimizer: Run, run_file: Write, marks: str, code: int, word: str
) -> None:
    result = optimizer("gate", run_file(marks=marks))
    assert result.code == code
    assert result.out.startswith(word)


def test_strictly_the_plain_figures_decide(optimizer: Run, run_file: Write) -> None:
    assert optimizer("gate", run_file(marks="++-"), "--strict").code == 1


@pytest.mark.parametrize(("choice", "code"), [("pass", 0), ("fail", 1), ("exit", 3)])
def test_what_is_inconclusive_is_mapped(
    optimizer: Run, run_file: Write, choice: str, code: int
) -> None:
    assert optimizer("gate", run_file(marks="++-"), "--on-inconclusive", choice).code == code


def test_the_code_of_a_failure_can_be_chosen(optimizer: Run, run_file: Write) -> None:
    assert optimizer("gate", run_file(marks="-" * 40), "--fail-code", "100").code == 100


def test_thresholds_can_be_set(optimizer: Run, run_file: Write) -> None:
    lenient = ("--set", "scoring.min_success_rate=0.1")
    assert optimizer("gate", run_file(marks="+" * 20 + "-" * 20), *lenient).code == 0


def test_without_a_baseline_it_says_so_or_refuses(optimizer: Run, run_file: Write) -> None:
    path = run_file(marks="+" * 40)
    assert "no baseline was compared" in optimizer("gate", path).out
    refused = optimizer("gate", path, "--require-baseline")
    assert refused.code == 2
    assert "no baseline to compare with" in refused.err


def test_a_run_that_completed_nothing_cannot_be_judged(optimizer: Run, run_file: Write) -> None:
    result = optimizer("gate", run_file(marks="ccc"))
    assert result.code == 2
    assert "no task was completed (3 of 3 were cancelled)" in result.err


def test_a_file_that_cannot_be_read_cannot_be_judged(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert optimizer("gate", "bad.json").code == 2
    assert optimizer("gate", "missing.json").code == 2


def test_a_poor_prompt_fails_the_gate_only_when_it_is_given(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file(marks="+" * 40, metadata={"prompt_variant": "v1", "prompt": "do stuff"})
    (tmp_path / "p.txt").write_text("do stuff")
    assert optimizer("gate", path).code == 0
    assert optimizer("gate", path, "--prompt", "p.txt").code == 1


def test_the_json_holds_every_check(optimizer: Run, run_file: Write) -> None:
    payload = optimizer("gate", run_file(marks="++-"), "--json").json
    assert payload["status"] == "inconclusive"
    (result,) = payload["results"]
    assert [c["check"]["rule"] for c in result["checks"]] == [
        "success_rate",
        "mean_latency",
        "timeout_rate",
    ]
