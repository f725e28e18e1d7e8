from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.strategies import STRATEGIES

SAMPLES = Path(__file__).parents[2] / "sample_runs" / "native"
EXAMPLE = Path(__file__).parents[2] / "docs" / "decision_engine.yaml"
Run = Callable[..., Any]


@pytest.fixture
def filled(optimizer: Run) -> Run:
    assert optimizer("ingest", SAMPLES).code == 0
    return optimizer


def test_lists_every_strategy_and_tells_all_of_one(optimizer: Run) -> None:
    listed = optimizer("strategies", "--json")
    assert {one["name"] for one in listed.json["items"]} == {one.name for one in STRATEGIES}
    level = "strategies.threshold_based.level=0.9"
    page = optimizer("strategies", "threshold_based", "--set", level, "--json").json
    (row,) = [one for one in page["settings"] if one["name"] == "level"]
    assert (row["value"], row["default"]) == (0.9, 0.95)
    assert "Stays silent when" in optimizer("strategies", "threshold_based").out


def test_an_unknown_strategy_is_refused(filled: Run) -> None:
    for command in (("strategies", "nope"), ("decide", "--all", "--strategy", "nope")):
        found = filled(*command)
        assert found.code == 2
        assert "error: strategy 'nope': not known, expected one of threshold_based" in found.err


def test_only_the_named_strategies_are_asked(filled: Run) -> None:
    one = filled("decide", "-w", "sentiment", "--strategy", "ab_testing", "--json").json
    asked = {a["strategy"] for a in one["answers"] if a["answer"] is not None}
    assert asked == {"ab_testing"}
    every = filled("decide", "--all", "--strategy", "ab_testing", "--json").json["items"]
    assert [d["decision_id"] for d in every if d["workflow_id"] == "sentiment"] == [
        one["decision_id"]
    ]


def test_deciding_again_on_the_same_evidence_says_so(filled: Run) -> None:
    first = filled("decide", "-w", "sentiment")
    assert "of the same evidence and settings" not in first.out
    again = filled("decide", "-w", "sentiment")
    assert "of the same evidence and settings" in again.out.replace("\n", " ")


def test_the_settings_of_the_documents_are_used_and_what_has_no_use_is_named(filled: Run) -> None:
    found = filled("decide", "-w", "sentiment", "--config", EXAMPLE)
    assert found.code == 0
    assert "monitoring.metrics_port: no use: nothing listens on a port" in found.err
    assert "unknown key" not in found.err


def test_contradictory_settings_are_refused_with_both_keys(filled: Run) -> None:
    found = filled(
        "decide", "-w", "sentiment", "--set", "decision.criteria.objectives.cost_weight=1"
    )
    assert found.code == 2
    assert "quality_weight and decision.criteria.objectives.cost_weight" in found.err


def test_a_decision_of_the_documents_is_explained_from_its_file(
    optimizer: Run, tmp_path: Path
) -> None:
    impact = {"quality_delta": 0.0, "cost_delta": -0.3, "latency_delta": 0.0, "risk_level": "Low"}
    content = {
        "id": "abc",
        "decision_type": {"ModelSwitch": {"from_model": "a", "to_model": "b", "reason": "cheap"}},
        "strategy": "pareto_optimization",
        "changes": {"parameters": {}},
        "predicted_impact": impact,
        "confidence": 0.9,
        "timestamp": "2026-03-01T12:00:00Z",
        "metadata": {},
    }
    (tmp_path / "d.json").write_text(json.dumps(content))
    found = optimizer("explain", "d.json")
    assert found.code == 0
    assert "switch the model: model a -> b" in found.out
    assert "claims cost_relative -0.3" in found.out.replace("\n", " ")
    (tmp_path / "d.json").write_text(json.dumps(content | {"confidence": 2}))
    broken = optimizer("explain", "d.json")
    assert broken.code == 2
    assert "error: d.json: confidence: found 2" in broken.err
    assert optimizer("explain", "absent.json").code == 2
