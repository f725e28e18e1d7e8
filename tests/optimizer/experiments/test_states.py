from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from optimizer.experiments.states import NEXT, advance
from optimizer.models.errors import TransitionError
from optimizer.models.experiments import Experiment, Outcome
from optimizer.models.terms import ExperimentStatus, Metric

AT = datetime(2026, 3, 2, tzinfo=UTC)
S = ExperimentStatus
Make = Callable[..., Experiment]

LEGAL = {
    (S.DRAFT, S.RUNNING),
    (S.DRAFT, S.CANCELLED),
    (S.RUNNING, S.PAUSED),
    (S.RUNNING, S.COMPLETED),
    (S.RUNNING, S.CANCELLED),
    (S.PAUSED, S.RUNNING),
    (S.PAUSED, S.COMPLETED),
    (S.PAUSED, S.CANCELLED),
    (S.COMPLETED, S.ARCHIVED),
    (S.CANCELLED, S.ARCHIVED),
}


def test_every_state_says_what_comes_next() -> None:
    assert set(NEXT) == set(ExperimentStatus)
    assert len(ExperimentStatus) == 6


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_takes_exactly_the_legal_steps(before: S, after: S, experiment: Make) -> None:
    if (before, after) in LEGAL:
        moved, step = advance(experiment(before), after, actor="ann", reason="r", at=AT)
        assert (moved.status, step.before, step.after) == (after, before, after)
        assert (step.experiment_id, step.actor, step.reason, step.at) == ("e1", "ann", "r", AT)
    else:
        with pytest.raises(TransitionError, match=f"is {before}, it cannot become {after}"):
            advance(experiment(before), after, actor="ann", reason="r", at=AT)


def test_the_error_names_the_steps_that_are_legal(experiment: Make) -> None:
    with pytest.raises(TransitionError) as error:
        advance(experiment(S.DRAFT), S.PAUSED, actor="ann", reason="", at=AT)
    assert error.value.hint == "Steps from here: cancelled, running."


def test_the_first_start_counts_and_a_pause_does_not_move_it(experiment: Make) -> None:
    started, _ = advance(experiment(S.DRAFT), S.RUNNING, actor="a", reason="", at=AT)
    paused, _ = advance(started, S.PAUSED, actor="a", reason="", at=AT + timedelta(days=1))
    resumed, _ = advance(paused, S.RUNNING, actor="a", reason="", at=AT + timedelta(days=2))
    assert resumed.started_at == AT
    assert resumed.ended_at is None


def test_the_end_and_the_outcome_stay_when_it_is_archived(experiment: Make) -> None:
    outcome = Outcome(winner="v2", reason="r", metric=Metric.SUCCESS)
    ended, _ = advance(
        experiment(S.RUNNING, started_at=AT),
        S.COMPLETED,
        actor="a",
        reason="",
        at=AT + timedelta(days=1),
        outcome=outcome,
    )
    later = AT + timedelta(days=9)
    archived, _ = advance(ended, S.ARCHIVED, actor="a", reason="", at=later)
    assert archived.outcome == outcome
    assert archived.ended_at == AT + timedelta(days=1)


def test_a_draft_that_is_cancelled_was_never_started(experiment: Make) -> None:
    cancelled, _ = advance(experiment(S.DRAFT), S.CANCELLED, actor="a", reason="", at=AT)
    assert cancelled.started_at is None
    assert cancelled.ended_at == AT
