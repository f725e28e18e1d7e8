from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="needs ../shared/data, not part of the project"
)
AZURE = SHARED / "traces" / "azure_llm_2023_code.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A request a second for two minutes, 100 tokens and 1 cent each, by two tenants."""
    rows = (
        {
            "timestamp": f"2026-03-01T12:{i // 60:02}:{i % 60:02}Z",
            "tenant": "ab"[i % 2],
            "tokens_in": 90,
            "tokens_out": 10,
            "cost_usd": 0.01,
        }
        for i in range(120)
    )
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_limits_say_who_waits(optimizer: Run, file: Path) -> None:
    found = optimizer("replay", "limits", file, "--requests-per-minute", "15", "--hard", "--json")
    replay = found.json["replay"]
    # each tenant: 60 requests in 118 s, against a burst of 22.5 and 15 a minute: 22.5 + 29.5
    assert replay["n_refused"] == 2 * (60 - 52)
    assert [one["tenant"] for one in replay["tenants"]] == ["a", "b"]
    assert replay["fairness"] == 1
    said = optimizer("replay", "limits", file, "--requests-per-minute", "15", "--hard").out
    assert said.startswith("LIMITED: 16 of 120 requests")


def test_without_pressure_all_go_through(optimizer: Run, file: Path) -> None:
    assert optimizer("replay", "limits", file).out.startswith("NOT LIMITED: all 120 requests")


def test_a_budget_is_kept(optimizer: Run, file: Path) -> None:
    found = optimizer("replay", "limits", file, "--budget", "0.25", "--every", "1m", "--json")
    (spending,) = found.json["replay"]["breaches"]
    assert (spending["n_before"], spending["n_after"]) == (2, 0)
    assert spending["most_after_usd"] == pytest.approx(0.25)
    assert found.json["replay"]["n_over_budget"] == 70


def test_batches_are_tried_as_asked(optimizer: Run, file: Path) -> None:
    found = optimizer(
        "replay", "batching", file, "--size", "4", "--wait", "2s", "--any-kind", "--json"
    )
    (replay,) = found.json["replays"]
    # at 0, 1 and 2 s; nothing else can join the three
    assert (replay["n_batches"], replay["requests_per_batch"]) == (40, 3)
    assert replay["plan"]["group_by_similarity"] is False
    assert found.json["requests_per_second"] == pytest.approx(120 / 119)


def test_times_too_coarse_for_a_wait_are_said(optimizer: Run, file: Path) -> None:
    said = optimizer("replay", "batching", file, "--wait", "100ms").out
    assert "go in steps of 1 s" in " ".join(said.split())


def test_a_workflow_can_be_replayed(optimizer: Run, samples: Path) -> None:
    assert optimizer("ingest", samples).code == 0
    found = optimizer("replay", "limits", "--workflow", "sentiment", "--json").json
    assert (found["n"], found["replay"]["n"]) == (360, 180)
    batches = optimizer("replay", "batching", "--workflow", "sentiment", "--json").json
    assert batches["replays"][0]["tokens_note"] == "prompt text was not recorded"


@pytest.mark.parametrize("command", ["limits", "batching"])
def test_a_trace_or_a_workflow_is_needed(optimizer: Run, file: Path, command: str) -> None:
    for args in ((), (file, "--workflow", "wf")):
        found = optimizer("replay", command, *args)
        assert found.code == 2
        assert "name a file of requests, or a workflow" in found.err


@needs_shared
def test_the_azure_trace_is_three_times_over_the_default_tokens(optimizer: Run) -> None:
    found = optimizer("replay", "limits", AZURE, "--json").json
    assert found["load"]["tokens_per_minute"] == pytest.approx(319_665, abs=1)
    assert found["replay"]["n_delayed"] == 8682
    assert found["tried"][1]["n_delayed"] == 0
    batches = optimizer("replay", "batching", AZURE, "--size", "5", "--wait", "500ms").out
    assert batches.startswith("NOT WORTH IT") or batches.startswith("WORTH IT")


@needs_shared
def test_a_provider_that_refuses_is_limited_and_others_are_not(optimizer: Run) -> None:
    runs = SHARED / "runs" / "llmperf"

    def answer(*args: str) -> dict[str, Any]:
        found = optimizer("decide", "--workflow", "llmperf-70b", "--json", *args)
        (one,) = [one for one in found.json["answers"] if one["strategy"] == "rate_limiting"]
        said: dict[str, Any] = one["answer"]
        return said

    assert optimizer("ingest", runs).code == 0
    (proposal,) = answer()["proposals"]
    assert "130 of 150 requests were refused" in proposal["rationale"]
    # 20 were answered in 89.4 s
    (change,) = proposal["changes"]
    assert (change["setting"], change["new"]) == ("limits.requests_per_minute", 13)
    for variant in ("fireworks_70b", "together_70b"):
        said = answer("--variant", variant)
        assert said["proposals"] == []
        assert said["silence"].startswith("0 of 150 requests were refused")
