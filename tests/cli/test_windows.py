from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.durations import seconds
from optimizer.models.errors import ConfigError

Run = Callable[..., Any]
Write = Callable[..., Path]


def timed(write: Write, *times: tuple[str, str], **changes: Any) -> Path:
    status = {"+": "succeeded", "-": "failed"}
    tasks = [
        {
            "task_id": f"t{i}",
            "workflow_id": "wf",
            "task_status": status[mark],
            "created_at": f"2026-03-01T{at}Z",
            "execution_time": 0.5,
            "metadata": {"case_id": f"c{i}"},
        }
        for i, (at, mark) in enumerate(times)
    ]
    return write(
        task_results=tasks,
        started_at="2026-03-01T00:00:00Z",
        finished_at="2026-03-01T23:00:00Z",
        **changes,
    )


@pytest.fixture
def wf(optimizer: Run, run_file: Write) -> Run:
    file = timed(run_file, ("12:00:00", "+"), ("12:30:00", "-"), ("14:10:00", "+"))
    assert optimizer("ingest", file).code == 0
    return optimizer


def test_shows_the_pass_rate_by_the_hour(wf: Run) -> None:
    result = wf("windows", "-w", "wf")
    assert result.code == 0
    assert result.out.startswith("Success of wf, 2 windows of 1 h: 2 measured, 1 still open; avg")
    rows = [" ".join(line.split()) for line in result.out.splitlines()]
    assert "2026-03-01 12:00 2 2 50.0 %" in rows
    assert "2026-03-01 14:00 1 1 100.0 % open" in rows


def test_what_was_filled_is_not_shown_as_measured(wf: Run) -> None:
    result = wf("windows", "-w", "wf", "--fill", "linear")
    rows = [" ".join(line.split()) for line in result.out.splitlines()]
    assert "2026-03-01 13:00 0 0 (75.0 %) filled: linear" in rows
    windows = wf("windows", "-w", "wf", "--fill", "linear", "--json").json["windows"]
    assert [(w["filled"], w["n"], w["values"]["avg"]) for w in windows] == [
        (False, 2, 0.5),
        (True, 0, 0.75),
        (False, 1, 1.0),
    ]


def test_shows_sliding_windows_and_sessions(wf: Run) -> None:
    sliding = wf("windows", "-w", "wf", "--every", "1h", "--slide", "30m")
    assert sliding.out.startswith("Success of wf, 5 windows of 1 h, one each 30 min")
    sessions = wf("windows", "-w", "wf", "--session", "45m", "-m", "latency", "--agg", "p95,count")
    assert sessions.out.startswith(
        "Latency of wf, 2 sessions: 2 measured, 1 still open; p95 500 ms"
    )


def test_is_written_to_files(wf: Run, tmp_path: Path) -> None:
    assert wf("windows", "-w", "wf", "-o", "w.html", "-o", "w.md").code == 0
    for name in ("w.html", "w.md"):
        assert "Success of wf over time" in (tmp_path / name).read_text()


def test_lists_no_more_than_asked_for(wf: Run) -> None:
    result = wf("windows", "-w", "wf", "--limit", "1")
    assert "1 earlier window not listed; --limit shows them" in result.out
    assert not re.search("^ *2026-03-01 12:00(?! to)", result.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--every", "soon"], "--every: 'soon', expected a length of time"),
        (["--every", "0s"], "--every: '0s', expected from 0.001 s"),
        (["--agg", "mean"], "--agg: 'mean', expected some of count, sum"),
        (["--every", "1m", "--slide", "1h"], "slide: 3600 s, must not be longer"),
        (["--every", "1h", "--session", "1m"], "--session: takes the place of --every"),
        (["--session", "1m", "--fill", "zero"], "sessions have no holes"),
        (["--variant", "nope"], "no variant 'nope' has run, expected one of v1"),
        (["--metric", "nonsense"], "nonsense"),
    ],
)
def test_what_cannot_be_asked_is_answered(wf: Run, options: list[str], message: str) -> None:
    result = wf("windows", "-w", "wf", *options)
    assert result.code == 2
    assert message in result.err


def test_an_unknown_workflow_is_answered(wf: Run) -> None:
    assert "workflow 'x': not in this history" in wf("windows", "-w", "x").err


def test_a_metric_nobody_measured_is_unknown(wf: Run) -> None:
    result = wf("windows", "-w", "wf", "-m", "cost")
    assert result.out.startswith("UNKNOWN: no cost of wf was measured.")
    assert "not measured" in result.out


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("1h30m", 5400), ("1.5m", 90), ("250ms", 0.25), ("2d", 172_800), ("1w", 604_800)],
)
def test_lengths_of_time_are_read(text: str, expected: float) -> None:
    assert seconds("--every", text) == expected


@pytest.mark.parametrize("text", ["", "1", "h", "1 h", "-1h", "1h-", "1e3s", "999999w", "0s"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--every"):
        seconds("--every", text)
