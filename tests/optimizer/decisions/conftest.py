from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.proposals import (
    Answer,
    Change,
    DecisionType,
    Effect,
    Proposal,
    StrategyAnswer,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Make:
    """Builders of records."""

    at = AT

    def change(self, setting: str, old: Any, new: Any) -> Change:
        return Change(setting=setting, old=old, new=new)

    def effect(
        self, metric: str, estimate: float, half: float = 0.05, n: int = 80, level: float = 0.95
    ) -> Effect:
        return Effect(
            metric=metric,
            estimate=estimate,
            low=estimate - half,
            high=estimate + half,
            level=level,
            n=n,
            estimator="tango",
        )

    def proposal(self, *changes: Change, **more: Any) -> Proposal:
        facts: dict[str, Any] = {
            "strategy": "model_selection",
            "type": DecisionType.MODEL_SWITCH,
            "changes": changes,
            "effects": (),
            "effects_note": None,
            "confidence": None,
            "rationale": "because",
            "unless": "not",
        }
        return Proposal(**(facts | more))

    def decision(self, *proposals: Proposal, **more: Any) -> Decision:
        facts: dict[str, Any] = {
            "decision_id": "d1",
            "workflow_id": "wf",
            "as_of": None,
            "decided_at": AT,
            "state": DecisionState.PENDING,
            "current": None,
            "others": (),
            "explanation": None,
            "answers": (
                StrategyAnswer(strategy="s", priority=1, answer=Answer(proposals=proposals)),
            ),
            "config_sha256": "",
            "seed": 0,
            "version": "0",
        }
        return Decision(**(facts | more))


@pytest.fixture
def make() -> Make:
    return Make()
