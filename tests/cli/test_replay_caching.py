from __future__ import annotations

from collections.abc import Callable
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
    assert study["best"]["hit_rate"]["estimator"] == "batch means, 20 stretches of time"
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
