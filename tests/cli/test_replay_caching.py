from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_runs" / "native"
MOONCAKE = ROOT.parent / "shared/data/traces/mooncake_conversation_first2000.jsonl"

Run = Callable[..., Any]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "asked.csv"
    rows = [
        f"{n},question {n % 8} of the catalogue,answer {n % 8},120,40,0.002" for n in range(160)
    ]
    path.write_text("\n".join(["at,input,output,latency_ms,tokens_in,cost", *rows]))
    return path


def test_a_file_of_requests_says_which_cache_is_worth_having(optimizer: Run, trace: Path) -> None:
    result = optimizer("replay", "caching", trace)
    assert result.code == 0, result.err
    assert result.out.startswith("Exact cache of 100 answers for 1 h: 152 of 160 requests answered")
    assert "95.0 %" in result.out
    assert "of the cost saved" in result.out


def test_json_holds_every_setting_that_was_replayed(optimizer: Run, trace: Path) -> None:
    result = optimizer("replay", "caching", trace, "--ttl", "2s", "--ttl", "1h", "--json")
    study = result.json["study"]
    exact = [one for one in study["replays"] if one["setting"]["kind"] == "exact"]
    assert [(one["setting"]["ttl_s"], one["n_hits"]) for one in exact] == [(2.0, 0), (3600.0, 152)]
    assert study["best"]["hit_rate"]["estimator"] == "batch means, 10 stretches of time"
    assert study["best"]["saved_usd"] == pytest.approx(152 * 0.002)


def test_standard_input_is_read_too(optimizer: Run, trace: Path) -> None:
    result = optimizer("replay", "caching", "-", stdin=trace.read_text())
    assert result.code == 0
    assert "152 of 160" in result.out


def test_a_stored_workflow_is_replayed(optimizer: Run) -> None:
    assert optimizer("ingest", SAMPLES).code == 0
    result = optimizer("replay", "caching", "--workflow", "sentiment")
    assert result.code == 0, result.err
    assert "No cache of answers is worth having" in result.out


def task(n: int) -> dict[str, Any]:
    began = (datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=n)).isoformat()
    question = f"Which of our products number {n % 10 * 7919} may be returned?"
    result = {
        "workflow_id": "shop",
        "execution_id": f"e{n}",
        "timestamp": began,
        "status": "success",
        "execution_time": 0.25,
        "tokens_used": 50,
        "cost": 0.01,
        "inputs": {"question": question},
        "outputs": {"answer": f"number {n % 10}"},
        "error_message": None,
        "prompt_variant": "v1",
        "dataset": "asked",
        "score": None,
        "metadata": {},
    }
    return {
        "task_id": f"t{n}",
        "workflow_id": "shop",
        "dataset": "asked",
        "scenario": "normal",
        "task_status": "succeeded",
        "test_result": result,
        "error_message": None,
        "attempt_count": 1,
        "created_at": began,
        "finished_at": None,
        "execution_time": 0.25,
        "metadata": {},
    }


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run of 200 questions, of which 10 are different."""
    tasks = [task(n) for n in range(200)]
    run = {
        "run_id": "monday",
        "workflow_id": "shop",
        "started_at": tasks[0]["created_at"],
        "finished_at": tasks[-1]["created_at"],
        "total_duration": 200.0,
        "task_results": tasks,
        "metadata": {},
    }
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run))
    return path


def test_a_workflow_that_repeats_itself_is_worth_a_cache(optimizer: Run, run_file: Path) -> None:
    assert optimizer("ingest", run_file).code == 0
    found = optimizer("replay", "caching", "-w", "shop")
    assert found.out.startswith("Exact cache of 100 answers for 1 h: 190 of 200 requests answered")
    decided = optimizer("decide", "-w", "shop")
    assert decided.code == 0
    assert "enable caching" in decided.out
    assert "An empty exact cache would have answered 190 of 200 requests of v1" in " ".join(
        decided.out.split()
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "name a file of requests, or a workflow"),
        (("x.csv", "-w", "sentiment"), "name a file of requests, or a workflow"),
        (("nowhere.csv",), "error: nowhere.csv: file: found no such file"),
        (("asked.csv", "--ttl", "soon"), "--ttl: 'soon', expected a length of time"),
        (("asked.csv", "--size", "0"), "--size"),
        (("bad.csv",), "error: bad.csv: line 1: found the columns a, b, expected a column of"),
        (("bad.jsonl",), 'error: bad.jsonl: line 1: timestamp: found "x", expected a time'),
    ],
)
@pytest.mark.usefixtures("trace")
def test_what_cannot_be_replayed_is_refused_by_name(
    optimizer: Run, tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "bad.jsonl").write_text('{"timestamp": "x"}\n{"timestamp": "y"}\n')
    result = optimizer("replay", "caching", *args)
    assert result.code == 2
    assert said in result.err


def test_rows_left_out_are_told(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("at,key\n2,a\n1,b\nnoon,c\n3,a\n")
    result = optimizer("replay", "caching", "t.csv")
    assert result.code == 0
    assert "1 row was skipped" in result.out
    assert "clock goes backwards once" in result.out


@pytest.mark.skipif(not MOONCAKE.exists(), reason="no shared data on this platform")
def test_mooncake_is_worth_a_cache_of_prefixes_only(optimizer: Run) -> None:
    result = optimizer("replay", "caching", MOONCAKE)
    assert result.out.startswith("A cache of 38,788 prefix blocks would have found 28.9 %")
    assert "15,771" in result.out
