from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
PLAN = ("experiment", "plan", "e", "-w", "wf", "-a", "v1", "-b", "v2", "--include-existing")
STORE = ".optimizer/history.duckdb"


@pytest.fixture
def stored(optimizer: Run, run_file: Write) -> Run:
    """v1 fails 8 of 24 cases, v2 none."""
    old = run_file("old.json", "-++" * 8)
    now = run_file("now.json", "+++" * 8, metadata={"prompt_variant": "v2"}, run_id="r2")
    assert optimizer("ingest", old, now).code == 0
    return optimizer


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--weight", "nan", "--weight", "1"), "expected 2 positive ones"),
        (("--weight", "inf", "--weight", "1"), "expected 2 positive ones"),
        (("--guardrail", "cost:5%", "--guardrail", "cost:6%"), "expected one a metric"),
        (("--cases", "10", "--min-cases", "100"), "100 cases before the first look, but only 10"),
        (("-b", ""), "variant '': expected the label or the id of one"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused_and_leaves_nothing(
    stored: Run, more: tuple[str, ...], complaint: str
) -> None:
    refused = stored(*PLAN, *more)
    assert refused.code == 2
    assert complaint in refused.err
    assert stored("experiment", "status", "--json").json["items"] == []


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE experiments SET design = '{\"x\": 1}'", "experiment e:"),
        ("UPDATE looks SET run_ids = 'nonsense'", "look 1 of experiment e:"),
    ],
)
def test_a_damaged_experiment_is_named(
    stored: Run, tmp_path: Path, damage: str, named: str
) -> None:
    stored(*PLAN, "--cases", "24")
    stored("experiment", "start", "e")
    stored("experiment", "report", "e")
    with duckdb.connect(str(tmp_path / STORE)) as history:
        history.execute(damage)
    refused = stored("experiment", "status", "e")
    assert refused.code == 2
    assert f"{named} what is stored of it cannot be decoded" in refused.err
    assert "optimizer doctor" in refused.err


def test_json_holds_no_infinity_where_an_interval_has_no_bound(stored: Run) -> None:
    stored(*PLAN, "--cases", "24", "--looks", "open")
    stored("experiment", "start", "e")
    report = stored("experiment", "report", "e", "--json")
    json.loads(report.out, parse_constant=pytest.fail)


def test_a_look_at_runs_that_were_replaced_makes_no_winner(stored: Run, run_file: Write) -> None:
    stored(*PLAN, "--cases", "24")
    stored("experiment", "start", "e")
    assert "v2 improved success" in stored("experiment", "report", "e").out
    worse = run_file("now.json", "--+" * 8, metadata={"prompt_variant": "v2"}, run_id="r2")
    assert stored("ingest", "--replace", worse).code == 0
    found = stored("experiment", "report", "e", "--json").json
    assert found["stop"] is None
    assert found["candidates"][0]["standing"] == "invalid"
    ended = stored("experiment", "conclude", "e")
    assert ended.out.startswith("NO WINNER: e: v2: of the runs last looked at, one was replaced")
    assert "33.3 pp" not in ended.out.partition("\n\n")[0]


def test_a_look_that_measures_nothing_spends_nothing(stored: Run) -> None:
    stored(*PLAN, "--cases", "24", "--metric", "score")
    stored("experiment", "start", "e")
    found = stored("experiment", "report", "e", "--json").json
    assert found["looks"] == []
    assert found["candidates"][0]["text"] == "no shared case has a score in both arms"
    ended = stored("experiment", "conclude", "e")
    assert ended.out.startswith("NO WINNER: e: v2: no shared case has a score in both arms.")


def test_two_hundred_candidates_leave_the_first_line_readable(stored: Run) -> None:
    many = [part for i in range(200) for part in ("-b", f"x{i}")]
    planned = stored("experiment", "plan", "many", "-w", "wf", "-a", "v1", *many)
    assert planned.out.startswith("many is planned: x0, x1, x2 and 197 more against v1 on success,")
    assert "x0, x1, x2 and 197 more" in " ".join(stored("experiment", "status").out.split())


def test_bytes_that_are_no_text_are_stored_as_what_can_be_read(stored: Run) -> None:
    planned = stored(*PLAN, "-b", "\udcff", "--json")
    assert [one["label"] for one in planned.json["experiment"]["design"]["candidates"]] == [
        "v2",
        "\\xff",
    ]
    assert stored("experiment", "cancel", "e", "--reason", "\udcff").code == 0
