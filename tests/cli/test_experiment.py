from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
PLAN = ("experiment", "plan", "clear-1", "-w", "sentiment", "-a", "vague", "-b", "clear")


@pytest.fixture
def planned(optimizer: Run, samples: Path) -> Run:
    optimizer("ingest", samples)
    assert optimizer(*PLAN, "--cases", "60", "--include-existing").code == 0
    return optimizer


def test_from_plan_to_winner(planned: Run, tmp_path: Path) -> None:
    assert planned("experiment", "start", "clear-1").code == 0
    report = planned("experiment", "report", "clear-1", "-o", "e.html", "-o", "e.json")
    assert report.out.startswith(
        "clear-1 should end: clear improved success and broke no guardrail. Measured:\n"
        "clear passes 64.2 pp"
    )
    assert "120 and 120 tests against planned shares" in report.out
    assert (tmp_path / "e.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((tmp_path / "e.json").read_text())["stop"]["reason"] == "winner"
    ended = planned("experiment", "conclude", "clear-1", "--json").json
    outcome = ended["experiment"]["outcome"]
    assert outcome["winner"] == "clear"
    assert outcome["estimate"] == pytest.approx(77 / 120)
    assert ended["experiment"]["status"] == "completed"
    assert planned("experiment", "archive", "clear-1").code == 0
    (listed,) = planned("experiment", "status", "--json").json["items"]
    assert listed["experiment"]["status"] == "archived"
    assert planned("doctor").code == 0


def test_reporting_twice_is_one_look(planned: Run) -> None:
    planned("experiment", "start", "clear-1")
    first = planned("experiment", "report", "clear-1", "--json").json
    again = planned("experiment", "report", "clear-1", "--json").json
    assert first["candidates"][0]["standing"] == "new look"
    assert again["candidates"][0]["standing"] == "already looked at"
    assert again["looks"] == first["looks"]
    assert again["candidates"][0]["comparison"] == first["candidates"][0]["comparison"]


def test_the_plan_is_shown_with_the_next_step(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    shown = optimizer(
        *PLAN, "--detect", "10pp", "--guardrail", "latency:20%", "--metric", "success"
    )
    assert shown.code == 0
    assert shown.out.startswith("clear-1 is planned: clear against vague on success, ")
    assert "optimizer experiment start clear-1" in shown.out
    assert "of the cases change (at most, by 60 cases" in shown.out.replace("\n  ", " ")


def test_a_guardrail_keeps_a_slower_winner_back(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    optimizer(*PLAN, "--cases", "60", "--include-existing", "--guardrail", "latency:10%")
    optimizer("experiment", "start", "clear-1")
    shown = optimizer("experiment", "report", "clear-1")
    assert "latency 10 % detect" in shown.out
    ended = optimizer("experiment", "conclude", "clear-1")
    assert ended.out.startswith("NO WINNER: clear-1: clear broke its guardrail")


def test_pause_resume_and_cancel_leave_their_reasons(planned: Run) -> None:
    for step in ("start", "pause", "resume", "cancel"):
        assert planned("experiment", step, "clear-1", "--reason", f"to {step}").code == 0
    refused = planned("experiment", "resume", "clear-1")
    assert refused.code == 2
    assert "is cancelled, it cannot become running" in refused.err
    assert "hint: Steps from here: archived." in refused.err


MISUSE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("report", "clear-1"), "is draft, there is nothing to report"),
    (("report", "none"), "not in this history, expected one of clear-1"),
    (("conclude", "clear-1"), "it cannot become completed"),
    (("start",), "Missing argument"),
    (("plan", "x"), "Missing option"),
    (("plan", "x", "-w", "sentiment", "-b", "clear"), "no baseline is set"),
    (("plan", "clear-1", *PLAN[3:]), "one of that name already"),
    (("plan", "x", *PLAN[3:], "--detect", "5"), "expected a number with pp"),
    (("plan", "x", *PLAN[3:], "--metric", "beauty"), "unknown, expected one of"),
    (("plan", "x", *PLAN[3:], "--looks", "often"), "looks"),
    (("plan", "../x", *PLAN[3:]), "not a name"),
    (("nonsense",), "No such command"),
)


def test_misuse_is_named_and_exits_with_2(planned: Run) -> None:
    for arguments, said in MISUSE:
        refused = planned("experiment", *arguments)
        assert refused.code == 2, arguments
        assert said in " ".join(refused.err.split())
        assert "Traceback" not in refused.err


def test_no_experiment_is_an_answer_too(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    assert optimizer("experiment", "status").out.startswith("No experiment is planned.")
    assert optimizer("experiment", "status", "--json").json["items"] == []


def test_an_experiment_needs_a_history(optimizer: Run) -> None:
    refused = optimizer("experiment", "status")
    assert refused.code == 2
    assert "there is no history here yet" in refused.err


def test_a_baseline_is_set_shown_and_cleared(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    assert optimizer("baseline", "show").out.startswith("No baseline is set.")
    made = optimizer("baseline", "set", "sentiment:vague")
    assert made.out.startswith("sentiment: the baseline is vague in run sentiment-vague.")
    (shown,) = optimizer("baseline", "show", "--json").json["items"]
    assert (shown["workflow_id"], shown["run_id"]) == ("sentiment", "sentiment-vague")
    optimizer("baseline", "set", "sentiment-clear")
    assert "clear in run sentiment-clear" in optimizer("baseline", "show").out
    gone = optimizer("baseline", "clear")
    assert (gone.code, gone.out) == (0, "")
    assert "sentiment: has no baseline any more" in gone.err
    again = optimizer("baseline", "clear")
    assert again.code == 2
    assert "none is set" in again.err


def test_the_baseline_is_what_a_plan_takes_where_it_names_none(
    optimizer: Run, samples: Path
) -> None:
    optimizer("ingest", samples)
    optimizer("baseline", "set", "sentiment:vague")
    shown = optimizer("experiment", "plan", "x", "-w", "sentiment", "-b", "clear")
    assert shown.out.startswith("x is planned: clear against vague on success, 1,000 cases.")


def test_a_run_with_several_variants_needs_one_named(optimizer: Run, run_file: Write) -> None:
    path = run_file(marks="++++")
    run = json.loads(path.read_text())
    for place, task in enumerate(run["task_results"]):
        task["metadata"]["prompt_variant"] = f"v{place % 2}"
    path.write_text(json.dumps(run))
    optimizer("ingest", path)
    refused = optimizer("baseline", "set", "r1")
    assert refused.code == 2
    assert "holds 2 variants: v0, v1" in refused.err
    assert optimizer("baseline", "set", "wf:v1").code == 0


def test_a_baseline_whose_run_is_not_there_is_refused(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    refused = optimizer("baseline", "set", "nope")
    assert refused.code == 2
    assert "run 'nope': not in this history" in refused.err
