from __future__ import annotations

import json
from typing import Any

import pytest

from optimizer.models.errors import FormatError
from optimizer.models.proposals import DecisionType
from optimizer.models.published_decisions import ReadDecision
from optimizer.pipeline.published_decisions import UNCOUNTED, read_decision


def architecture(**more: Any) -> dict[str, Any]:
    return {
        "id": "6f1c9b1e-0000-4000-8000-000000000001",
        "decision_type": {
            "ModelSwitch": {"from_model": "large", "to_model": "small", "reason": "cheaper"}
        },
        "strategy": "pareto_optimization",
        "changes": {
            "model_config": {"model": "small"},
            "parameters": {
                "temperature": {
                    "parameter_name": "temperature",
                    "old_value": 0.2,
                    "new_value": 0.7,
                    "reason": "tuned",
                }
            },
            "prompt_template": None,
            "traffic_allocation": None,
        },
        "predicted_impact": {
            "quality_delta": -0.01,
            "cost_delta": -0.3,
            "latency_delta": 0.05,
            "confidence_intervals": {
                "quality": [-0.03, 0.01],
                "cost": [-0.35, -0.25],
                "latency": [0.0, 0.1],
                "confidence_level": 0.9,
            },
            "risk_level": "Low",
        },
        "confidence": 0.92,
        "timestamp": "2026-03-01T12:00:00Z",
        "metadata": {"sample_size": 400},
    } | more


def plan(**more: Any) -> dict[str, Any]:
    impact = {
        "cost_reduction": -0.1,
        "latency_delta_ms": -200.0,
        "quality_delta": 5.0,
        "confidence": 0.85,
        "risk": 0.2,
    }
    return {
        "decision_id": "d1",
        "request_id": "r1",
        "timestamp": "2026-03-01T12:00:00+01:00",
        "applied_strategies": [
            {
                "strategy_name": "model_selection",
                "execution_time_ms": 1.5,
                "success": True,
                "impact": impact,
            }
        ],
        "model_selection": {
            "selected_model": "small",
            "fallback_models": ["tiny", "mid"],
            "reason": "best score",
            "score": 0.8,
        },
        "caching": {
            "should_cache": True,
            "cache_strategy": {"Semantic": {"similarity_threshold": 0.85}},
            "ttl_seconds": 3600,
            "cache_key": None,
        },
        "rate_limiting": {
            "should_throttle": False,
            "delay_ms": 0,
            "tokens_available": 100,
            "quota_exceeded": False,
        },
        "batching": {"should_batch": True, "batch_id": None, "batch_size": 8, "max_wait_ms": 100},
        "prompt_optimization": {
            "optimized_prompt": "Say {x}.",
            "template_id": None,
            "parameters": {"temperature": 0.7},
            "compression_applied": True,
            "token_reduction": 0.3,
        },
        "confidence": 0.8,
        "estimated_impact": impact,
        "metadata": {},
    } | more


def read(content: object) -> ReadDecision:
    return read_decision(json.dumps(content).encode(), "d.json")


def test_a_decision_of_the_architecture_becomes_a_proposal_with_its_effects() -> None:
    found = read(architecture())
    (proposal,) = found.proposals
    assert proposal.type is DecisionType.MODEL_SWITCH
    assert [(c.setting, c.old, c.new) for c in proposal.changes] == [
        ("model", "large", "small"),
        ("parameters.temperature", 0.2, 0.7),
    ]
    assert [(e.metric, e.estimate, e.low, e.high, e.n, e.level) for e in proposal.effects] == [
        ("score", -0.01, -0.03, 0.01, 400, 0.9),
        ("cost_relative", -0.3, -0.35, -0.25, 400, 0.9),
        ("latency_relative", 0.05, 0.0, 0.1, 400, 0.9),
    ]
    assert found.notes == ("The file says that its risk is low.",)


def test_numbers_without_a_count_are_claims_and_no_effects() -> None:
    (proposal,) = read(architecture(metadata=None)).proposals
    assert proposal.effects == ()
    assert proposal.effects_note == UNCOUNTED
    assert "It claims cost_relative -0.3, between -0.35 and -0.25." in proposal.notes


def test_quality_in_points_becomes_a_share() -> None:
    impact = architecture()["predicted_impact"]
    impact |= {"quality_delta": 4.0}
    impact["confidence_intervals"]["quality"] = [-1.0, 9.0]
    (proposal,) = read(architecture(predicted_impact=impact)).proposals
    score = proposal.effects[0]
    assert (score.estimate, score.low, score.high) == (0.04, -0.01, 0.09)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"Rollback": {"target_config_id": "c", "reason": "slow"}}, DecisionType.ROLLBACK),
        ({"CircuitBreak": {"duration_seconds": 60, "reason": "x"}}, DecisionType.CIRCUIT_BREAK),
        ({"type": "prompt_variant", "variant_id": "v"}, DecisionType.PROMPT_VARIANT),
        ("StartExperiment", DecisionType.START_EXPERIMENT),
    ],
)
def test_every_spelling_of_a_type_is_read(said: object, kind: DecisionType) -> None:
    (proposal,) = read(architecture(decision_type=said)).proposals
    assert proposal.type is kind


def test_a_decision_of_the_plan_becomes_a_proposal_for_each_part_that_changes_something() -> None:
    found = read(plan())
    assert [p.strategy for p in found.proposals] == [
        "model_selection",
        "caching",
        "batching",
        "prompt_optimization",
    ]
    model, cache, *_ = found.proposals
    assert model.confidence == 0.85
    assert model.notes[:2] == ("Fallback: tiny.", "Fallback: mid.")
    assert [(c.setting, c.new) for c in cache.changes] == [
        ("cache.strategy", "semantic"),
        ("cache.ttl_s", 3600.0),
        ("cache.similarity_threshold", 0.85),
    ]
    assert "rate_limiting: not to be throttled." in found.notes


def test_a_reduction_below_zero_is_a_rise_and_points_become_a_share() -> None:
    note = read(plan()).notes[0]
    assert note == (
        "All together, it claims: cost +0.1 as a share, latency -200 ms, score +0.05, "
        "risk 0.2 of 1."
    )


def test_a_decision_with_no_part_changes_nothing() -> None:
    parts = ("model_selection", "caching", "rate_limiting", "batching", "prompt_optimization")
    assert read(plan(**dict.fromkeys(parts))).proposals == ()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"id": "x"}, "decision_type: expected field required"),
        (architecture(confidence=1.2), "confidence: found 1.2, expected input should be less"),
        (architecture(surprise=1), "surprise: found 1, expected extra inputs"),
        (architecture(decision_type="Dance"), "decision_type: found Dance, expected one of"),
        ([1], "file: found"),
    ],
)
def test_a_damaged_file_names_the_field(content: object, says: str) -> None:
    with pytest.raises(FormatError, match=r"d\.json: ") as error:
        read(content)
    assert says in str(error.value)


def test_what_is_no_json_is_said() -> None:
    with pytest.raises(FormatError, match="expected JSON"):
        read_decision(b"{", "d.json")


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_what_is_too_deep_is_no_json(opening: bytes) -> None:
    with pytest.raises(FormatError, match="expected JSON"):
        read_decision(opening * 50_000, "d.json")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    with pytest.raises(FormatError, match="id: expected field required"):
        read_decision(b"\xef\xbb\xbf{}", "d.json")
