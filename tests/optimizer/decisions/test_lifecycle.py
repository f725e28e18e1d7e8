from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from optimizer.decisions.lifecycle import NEXT, advance
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.errors import TransitionError

AT = datetime(2026, 1, 1, tzinfo=UTC)
S = DecisionState

LEGAL = {
    (S.PENDING, S.VALIDATING),
    (S.VALIDATING, S.APPROVED),
    (S.VALIDATING, S.REJECTED),
    (S.APPROVED, S.EXECUTING),
    (S.APPROVED, S.REJECTED),
    (S.EXECUTING, S.MONITORING),
    (S.EXECUTING, S.FAILED),
    (S.EXECUTING, S.ROLLING_BACK),
    (S.MONITORING, S.COMPLETED),
    (S.MONITORING, S.ROLLING_BACK),
    (S.ROLLING_BACK, S.ROLLED_BACK),
    (S.ROLLING_BACK, S.FAILED),
}


def decision(state: DecisionState) -> Decision:
    return Decision(
        decision_id="d1",
        workflow_id="wf",
        as_of=None,
        decided_at=AT,
        state=state,
        current=None,
        others=(),
        explanation=None,
        answers=(),
        config_sha256="",
        seed=0,
        version="0",
    )


def test_every_state_says_what_comes_next() -> None:
    assert set(NEXT) == set(DecisionState)
    assert len(DecisionState) == 10


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_takes_exactly_the_legal_steps(before: DecisionState, after: DecisionState) -> None:
    if (before, after) in LEGAL:
        moved, step = advance(decision(before), after, actor="ann", reason="r", at=AT)
        assert (moved.state, step.before, step.after) == (after, before, after)
    else:
        with pytest.raises(TransitionError, match=f"is {before}, it cannot become {after}"):
            advance(decision(before), after, actor="ann", reason="r", at=AT)


def test_the_error_names_the_steps_that_are_legal() -> None:
    with pytest.raises(TransitionError) as error:
        advance(decision(S.VALIDATING), S.COMPLETED, actor="ann", reason="r", at=AT)
    assert error.value.hint == "Steps from here: approved, rejected."
