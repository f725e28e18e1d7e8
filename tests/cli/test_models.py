from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data" / "runs"
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared data are not beside the project"
)


def test_models_tells_what_was_measured_of_each(optimizer: Callable, samples: Path) -> None:
    optimizer("ingest", samples)
    done = optimizer("models", "--workflow", "sentiment", "--json")
    (one,) = done.json["profiles"]
    assert one["figures"]["model"].startswith("SmolLM2")
    assert (one["figures"]["n_judged"], one["figures"]["n_judged_cases"]) == (360, 60)
    assert one["success_low"] < one["figures"]["success_rate"] < one["success_high"]
    assert "quality" in one["refusals"][0]


def test_a_model_that_could_be_used_and_never_ran_needs_a_trial(
    optimizer: Callable, samples: Path
) -> None:
    optimizer("ingest", samples)
    said = json.dumps(["gpt-x"])
    done = optimizer("models", "--set", f"strategies.model_selection.candidate_models={said}")
    assert "gpt-x has never run: it needs a trial." in done.out


def test_models_of_an_empty_history_are_none(optimizer: Callable, run_file: Callable) -> None:
    optimizer("ingest", run_file(marks=""))
    assert optimizer("models").code == 0


@pytest.mark.parametrize("command", ["models", "frontier"])
def test_an_unknown_workflow_is_named(optimizer: Callable, samples: Path, command: str) -> None:
    optimizer("ingest", samples)
    done = optimizer(command, "--workflow", "nope")
    assert done.code == 2
    assert "workflow 'nope': not in this history, expected one of sentiment" in done.err


def test_frontier_places_every_variant(optimizer: Callable, samples: Path) -> None:
    optimizer("ingest", samples)
    done = optimizer("frontier", "--workflow", "sentiment", "--json")
    assert {one["variant"] for one in done.json["standings"]} == {"clear", "vague", "few_shot"}
    assert done.json["objectives"] == ["success_rate", "latency_ms"]
    assert sum(one["is_current"] for one in done.json["standings"]) == 1
    assert sum(done.json["weights"]) == pytest.approx(1)
    other = optimizer("frontier", "--workflow", "sentiment", "--variant", "clear", "--json")
    (current,) = (one for one in other.json["standings"] if one["is_current"])
    assert current["variant"] == "clear"


def test_frontier_says_what_is_too_little(optimizer: Callable, run_file: Callable) -> None:
    optimizer("ingest", run_file())
    done = optimizer("frontier", "--workflow", "wf")
    assert done.code == 0
    assert "UNKNOWN: no two variants of wf can be compared." in done.out
    assert "v1 is left out: not enough data: 4 of 30 tasks." in done.out


def test_the_weights_are_those_of_the_settings(optimizer: Callable, samples: Path) -> None:
    optimizer("ingest", samples)
    weights = [
        f"--set=strategies.pareto_optimization.weights.{name}={value}"
        for name, value in (("quality", 0.1), ("cost", 0.0), ("latency", 0.9))
    ]
    done = optimizer("frontier", "--workflow", "sentiment", "--json", *weights)
    assert done.json["weights"] == pytest.approx([0.1, 0.9])
    assert done.json["standings"][0]["variant"] == "vague"


@needs_shared
def test_the_classification_of_the_cookbook_goes_to_the_cheaper_prompt(optimizer: Callable) -> None:
    optimizer("ingest", SHARED / "cookbook_classification")
    done = optimizer("decide", "--workflow", "cookbook-insurance-classification", "--json")
    answers = {one["strategy"]: one["answer"] for one in done.json["answers"]}
    (proposal,) = answers["pareto_optimization"]["proposals"]
    assert proposal["changes"][0]["new"].startswith("rag_classify")
    gain = proposal["facts"][0]
    assert 0 < gain["low"] < gain["estimate"] < gain["high"]
    assert answers["model_selection"]["silence"].startswith("no other model than claude-3-haiku")


@needs_shared
def test_providers_that_share_no_case_are_compared_by_their_figures(optimizer: Callable) -> None:
    optimizer("ingest", SHARED / "llmperf")
    done = optimizer("decide", "--workflow", "llmperf-70b", "--json")
    answers = {one["strategy"]: one["answer"] for one in done.json["answers"]}
    (proposal,) = answers["model_selection"]["proposals"]
    changes = {one["setting"]: one["new"] for one in proposal["changes"]}
    assert changes["provider"] == "together"
    assert len(changes["fallback_models"]) == 1
    assert "re-run both on the same" in proposal["effects_note"]
    forbidden = json.dumps(["together"])
    other = optimizer(
        "decide", "--workflow", "llmperf-70b", "--json",
        "--set", f"strategies.model_selection.forbidden_providers={forbidden}",
    )  # fmt: skip
    (allowed,) = (
        proposal
        for one in other.json["answers"]
        if one["strategy"] == "model_selection"
        for proposal in one["answer"]["proposals"]
    )
    assert {one["setting"]: one["new"] for one in allowed["changes"]}["provider"] == "fireworks"
