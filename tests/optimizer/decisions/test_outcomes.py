from __future__ import annotations

from typing import Any

import pytest

from optimizer.decisions.calibration import calibrated, calibrations
from optimizer.decisions.outcomes import outcome
from optimizer.decisions.settings import Lifecycle
from optimizer.models.decisions import DecisionState
from optimizer.models.lifecycle import Calibration, OutcomeStatus, PastDecision
from optimizer.models.proposals import DecisionType

O = OutcomeStatus  # noqa: E741 - as short as the table below


def turned_out(make: Any, predicted: Any, measured: Any, n_after: int = 80, **more: Any) -> Any:
    proposal = make.proposal(make.change("variant", "a", "b"), effects=tuple(predicted))
    return outcome(
        make.decision(proposal, **more),
        measured=measured,
        n_before=80,
        n_after=n_after,
        run_ids=("r1",),
        seen_until=make.at,
        applied_at=make.at,
        at=make.at,
        settings=Lifecycle(),
    )


@pytest.mark.parametrize(
    ("measured", "n_after", "status"),
    [
        (0.20, 80, O.SUCCESS),
        (0.12, 80, O.SUCCESS),  # [0.07, 0.17] overlaps [0.15, 0.25]
        (0.50, 80, O.SUCCESS),  # more than was predicted
        (0.02, 80, O.PARTIAL_SUCCESS),  # [-0.03, 0.07] does not
        (-0.06, 80, O.PARTIAL_SUCCESS),  # worse than its margin, but not beyond doubt
        (-0.20, 80, O.FAILED),
        (-0.20, 12, O.FAILED),  # beyond doubt is beyond doubt
        (0.20, 12, O.UNKNOWN),
    ],
)
def test_the_intervals_tell_how_a_decision_turned_out(
    make: Any, measured: float, n_after: int, status: OutcomeStatus
) -> None:
    effect = make.effect
    found = turned_out(
        make, [effect("success_rate", 0.2)], [effect("success_rate", measured)], n_after
    )
    assert found.status is status
    assert found.reason


def test_harm_where_nothing_was_predicted_is_harm(make: Any) -> None:
    found = turned_out(
        make,
        [make.effect("success_rate", 0.2)],
        [make.effect("success_rate", 0.2), make.effect("latency_relative", 0.9, 0.1)],
    )
    assert found.status is O.FAILED
    assert "latency_relative" in found.reason


def test_a_decision_that_was_taken_back_says_so(make: Any) -> None:
    measured = [make.effect("success_rate", 0.2)]
    assert turned_out(make, [], measured, state=DecisionState.ROLLED_BACK).status is O.ROLLED_BACK


def test_nothing_before_to_hold_it_against_is_not_known(make: Any) -> None:
    assert turned_out(make, [make.effect("success_rate", 0.2)], []).status is O.UNKNOWN


def test_what_two_proposals_predict_of_one_metric_is_left_out(make: Any) -> None:
    proposals = [
        make.proposal(make.change(setting, None, 1), effects=(make.effect("cost_relative", -0.2),))
        for setting in ("cache.ttl_s", "batching.max_size")
    ]
    found = outcome(
        make.decision(*proposals),
        measured=[make.effect("cost_relative", -0.4)],
        n_before=80,
        n_after=80,
        run_ids=(),
        seen_until=None,
        applied_at=make.at,
        at=make.at,
        settings=Lifecycle(),
    )
    (effect,) = found.effects
    assert (effect.predicted, effect.as_predicted) == (None, None)


def test_what_only_asks_for_tests_is_no_part_of_the_outcome(make: Any) -> None:
    asks = make.proposal(strategy="ab_testing", type=DecisionType.START_EXPERIMENT)
    decision = make.decision(make.proposal(make.change("variant", "a", "b")), asks)
    found = outcome(
        decision,
        measured=[make.effect("success_rate", 0.1)],
        n_before=80,
        n_after=80,
        run_ids=(),
        seen_until=None,
        applied_at=make.at,
        at=make.at,
        settings=Lifecycle(),
    )
    assert found.strategies == ("model_selection",)


def past(make: Any, *pairs: tuple[float, float, float], **more: Any) -> list[PastDecision]:
    """One decision for each predicted and measured estimate, with the half of both intervals."""
    return [
        PastDecision(
            decision_id="d",
            decided_at=make.at,
            seen_until=None,
            state=None,
            strategies=("model_selection",),
            applied_at=make.at,
            outcome=turned_out(
                make,
                [make.effect("success_rate", predicted, half)],
                [make.effect("success_rate", measured, half)],
                **more,
            ),
        )
        for predicted, measured, half in pairs
    ]


def test_without_an_outcome_there_is_no_calibration(make: Any) -> None:
    assert calibrations([], prior_sd=0.5) == {}
    assert calibrations(past(make, (0.2, 0.1, 0.05), n_after=3), prior_sd=0.5) == {}


def test_precise_outcomes_settle_the_share_and_loose_ones_hardly_move_it(make: Any) -> None:
    (precise,) = calibrations(past(make, (0.2, 0.1, 0.001)), prior_sd=0.5).values()
    assert precise.share == pytest.approx(0.5, abs=0.001)
    (loose,) = calibrations(past(make, (0.2, 0.1, 5.0)), prior_sd=0.5).values()
    assert loose.share == pytest.approx(1.0, abs=0.001)


def test_the_share_is_the_posterior_mean_worked_by_hand(make: Any) -> None:
    # half-width 0.1 at 95 %: sd 0.0510, both together 0.005206 variance
    # weight 0.2 ** 2 / 0.005206 = 7.683 beside the prior's 1 / 0.5 ** 2 = 4
    # (4 * 1 + 7.683 * 0.5) / (4 + 7.683) = 0.6712
    (found,) = calibrations(past(make, (0.2, 0.1, 0.1)), prior_sd=0.5).values()
    assert (found.share, found.n) == (pytest.approx(0.6712, abs=1e-3), 1)


def test_the_share_lies_from_none_to_all(make: Any) -> None:
    (below,) = calibrations(past(make, (0.2, -0.9, 0.001)), prior_sd=0.5).values()
    (above,) = calibrations(past(make, (0.2, 0.9, 0.001)), prior_sd=0.5).values()
    assert (below.share, above.share) == (0.0, 1.0)


def test_shrinking_moves_an_estimate_and_keeps_the_width_of_its_interval(make: Any) -> None:
    (found,) = calibrated([make.effect("success_rate", 0.2, 0.05)], Calibration(share=0.8, n=3))
    assert found.estimate == pytest.approx(0.16)
    assert (found.low, found.high) == (pytest.approx(0.11), pytest.approx(0.21))
    assert found.estimator == "tango, calibrated x0.8 on 3 outcomes"
