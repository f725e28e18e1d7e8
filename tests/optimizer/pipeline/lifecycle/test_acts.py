from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from optimizer.decisions import configuration
from optimizer.history import queries
from optimizer.history.queries.evidence import past_decisions
from optimizer.history.queries.lifecycle import config_snapshots
from optimizer.history.queries.lifecycle import outcome as stored_outcome
from optimizer.history.store import History
from optimizer.models.decisions import proposals
from optimizer.models.errors import HistoryError, SelectionError, TransitionError
from optimizer.models.lifecycle import OutcomeStatus, RolloutStatus
from optimizer.models.proposals import Change, DecisionType, Effect
from optimizer.models.reviews import Fate, Objection, Review, RiskLevel, ViolationSeverity
from optimizer.pipeline import lifecycle, outcomes, rollbacks, rollouts


def approved(bench: Any, history: History, **more: Any) -> str:
    name = bench.switch(history, "a", "b", **more).decision_id
    lifecycle.approve(history, name, bench.who())
    return name


def applied(bench: Any, history: History, **more: Any) -> str:
    name = approved(bench, history, **more)
    lifecycle.apply(history, name, bench.who())
    return name


def bodies(history: History) -> list[str]:
    return [one.body for one in config_snapshots(history, "wf")]


def test_approving_is_two_audited_steps(bench: Any, history: History) -> None:
    name = bench.switch(history, "a", "b").decision_id
    told = lifecycle.approve(history, name, bench.who(actor="eve", why="fine"))
    assert (told.state, bench.state(history, name)) == ("approved", "approved")
    lines = [(one.actor, one.action) for one in queries.audit(history, subject=name)][1:]
    assert lines == [("eve", "decision.moved")] * 2


def test_a_second_approval_finds_it_approved(bench: Any, history: History) -> None:
    name = approved(bench, history)
    with pytest.raises(TransitionError, match="is approved, it cannot become approved") as caught:
        lifecycle.approve(history, name, bench.who())
    assert caught.value.hint == "Steps from here: executing, rejected."


def test_critical_risk_cannot_be_approved_and_high_risk_can(bench: Any, history: History) -> None:
    critical = (Review(place=0, fate=Fate.ACCEPTED, risk=RiskLevel.CRITICAL),)
    name = bench.switch(history, "a", "b", reviews=critical).decision_id
    with pytest.raises(TransitionError, match="critical risk is never applied"):
        lifecycle.approve(history, name, bench.who())
    assert bench.state(history, name) == "pending"
    high = (Review(place=0, fate=Fate.ACCEPTED, risk=RiskLevel.HIGH, needs_approval=True),)
    approved(bench, history, reviews=high)


def test_setting_aside_an_objection_is_kept_in_decision_and_audit_line(
    bench: Any, history: History
) -> None:
    policy = Objection(
        check="no_friday", severity=ViolationSeverity.ERROR, text="friday", can_override=True
    )
    held = (Review(place=0, fate=Fate.HELD_BACK, objections=(policy,)),)
    name = bench.switch(history, "a", "b", reviews=held).decision_id
    with pytest.raises(TransitionError, match="every proposal is held back"):
        lifecycle.approve(history, name, bench.who())
    lifecycle.approve(history, name, bench.who(), overrides=["no_friday"])
    assert '"overridden":["no_friday"]' in queries.audit(history, subject=name)[-1].detail
    lifecycle.apply(history, name, bench.who())
    assert bench.in_force(history)["variant"] == "b"


def test_applying_appends_what_was_in_use_and_what_is_now(bench: Any, history: History) -> None:
    name = approved(bench, history)
    told = lifecycle.apply(history, name, bench.who())
    first, second = config_snapshots(history, "wf")
    assert (first.action, first.decision_id, second.decision_id) == ("initial", None, name)
    assert configuration.decoded(first.body)["variant"] == "a"
    prompts = [configuration.decoded(one.body)["prompt_sha256"] for one in (first, second)]
    assert None not in prompts
    assert prompts[0] != prompts[1]  # the label brings the prompt that goes with it
    assert told.sha256 == second.sha256
    assert [one.setting for one in told.changes] == ["prompt_sha256", "variant"]
    (past,) = past_decisions(history, workflow_ids=["wf"], as_of=None, max_decisions=1)["wf"]
    assert past.applied_at == bench.who().at


def test_a_decision_that_is_not_approved_is_not_applied(bench: Any, history: History) -> None:
    name = bench.switch(history, "a", "b").decision_id
    with pytest.raises(TransitionError, match="is pending, it cannot become executing"):
        lifecycle.apply(history, name, bench.who())
    assert bodies(history) == []


def test_what_changes_nothing_in_force_is_completed_at_once(bench: Any, history: History) -> None:
    name = bench.decide(history, type=DecisionType.ALERT).decision_id
    lifecycle.approve(history, name, bench.who())
    told = lifecycle.apply(history, name, bench.who())
    assert (told.state, bodies(history)) == ("completed", [])
    with pytest.raises(SelectionError, match="it changed nothing in force"):
        outcomes.measure(history, name, bench.who(), settings=bench.settings)
    with pytest.raises(SelectionError, match="no configuration before it is known"):
        rollbacks.roll_back(history, name, bench.who(), settings=bench.settings)


def test_a_decision_made_before_another_was_applied_is_refused(
    bench: Any, history: History
) -> None:
    late = approved(bench, history)
    applied(bench, history)
    with pytest.raises(TransitionError, match="variant is 'b' now, expected 'a'"):
        lifecycle.apply(history, late, bench.who())
    assert bench.state(history, late) == "approved"


def test_nothing_else_is_put_in_force_during_a_rollout(bench: Any, history: History) -> None:
    name, other = approved(bench, history), approved(bench, history)
    more = {"preset": None, "settings": bench.settings}
    rollouts.start(history, name, bench.who(), **more)
    with pytest.raises(TransitionError, match=f"decision {name} is being rolled out"):
        lifecycle.apply(history, other, bench.who())


def test_a_rollout_goes_on_only_with_runs_that_are_new_since_its_last_move(
    bench: Any, history: History
) -> None:
    name = approved(bench, history)
    more = {"settings": bench.settings}
    rollouts.start(history, name, bench.who(0), preset="standard", **more)
    (still,) = rollouts.advance(history, None, bench.who(1), **more)
    assert still.rollout.reason == "stays at 5 %: 0 of 59 tests of b since the last move"
    assert not still.moved
    bench.ingest(history, "a", "---" * 20, 2)  # the old one does not count
    bench.ingest(history, "b", "+++" * 20, -1)  # nor what came in before
    assert not rollouts.advance(history, None, bench.who(3), **more)[0].moved
    bench.ingest(history, "b", "+++" * 20, 4)
    (moved,) = rollouts.advance(history, name, bench.who(5), **more)
    assert (moved.moved, moved.rollout.step) == (True, 1)
    assert not rollouts.advance(history, name, bench.who(6), **more)[0].moved  # counted already


def test_what_comes_in_after_a_move_counts_although_it_began_before(
    bench: Any, history: History
) -> None:
    name = approved(bench, history)
    more = {"settings": bench.settings}
    rollouts.start(history, name, bench.who(10), preset="standard", **more)
    bench.ingest(history, "a", "---" * 20, 1, came=2)
    bench.ingest(history, "b", "+++" * 20, 3, came=11)
    (moved,) = rollouts.advance(history, name, bench.who(12), **more)
    assert moved.moved
    dated = replace(bench.who(4), told_at=bench.who(13).at)
    assert not rollouts.advance(history, name, dated, **more)[0].moved


def test_from_approval_over_a_rollout_to_an_outcome(bench: Any, history: History) -> None:
    effect = Effect(
        metric="success_rate", estimate=0.3, low=0.2, high=0.4, level=0.95, n=60, estimator="t"
    )
    name = approved(bench, history, effects=(effect,))
    more = {"settings": bench.settings}
    rollouts.start(history, name, bench.who(0), preset="standard", **more)
    states = [bench.state(history, name)]
    for hours in (10, 20, 30, 40):
        bench.ingest(history, "b", "+++" * 20, hours)
        (view,) = rollouts.advance(history, None, bench.who(hours + 1), **more)
        states.append(bench.state(history, name))
    assert states == ["executing"] * 3 + ["monitoring", "completed"]
    assert view.rollout.status is RolloutStatus.COMPLETED
    assert rollouts.advance(history, None, bench.who(50), **more) == []
    with pytest.raises(TransitionError, match="is completed, it cannot be advanced"):
        rollouts.advance(history, name, bench.who(50), **more)
    found = stored_outcome(history, name)
    assert found is not None
    assert (found.status, found.n_before, found.n_after) == (OutcomeStatus.SUCCESS, 60, 240)
    assert found.effects[0].as_predicted is True
    bench.check(history)


def test_harm_rolls_a_rollout_back_byte_for_byte(bench: Any, history: History) -> None:
    name = approved(bench, history)
    more = {"settings": bench.settings}
    rollouts.start(history, name, bench.who(0), preset="standard", **more)
    bench.ingest(history, "b", "---" * 10, 10)  # 30 tests: fewer than a step takes
    (view,) = rollouts.advance(history, None, bench.who(11), **more)
    assert view.rollout.status is RolloutStatus.ROLLED_BACK
    assert "beyond doubt" in view.rollout.reason
    assert [one.command for one in view.commands.commands] == ["Rollback"]
    first, _, back = bodies(history)
    assert back == first
    assert bench.state(history, name) == "rolled_back"
    found = stored_outcome(history, name)
    assert found is not None
    assert found.status is OutcomeStatus.ROLLED_BACK
    assert found.effects[0].measured.estimate < -0.5
    assert outcomes.measure(history, name, bench.who(90), **more) == found


def test_a_rollback_takes_back_what_came_later_too(bench: Any, history: History) -> None:
    name = applied(bench, history)
    change = Change(setting="cache.ttl_s", old=None, new=60)
    later = bench.decide(history, change, type=DecisionType.ENABLE_CACHING, current="b").decision_id
    lifecycle.approve(history, later, bench.who())
    lifecycle.apply(history, later, bench.who())
    told = rollbacks.roll_back(history, name, bench.who(), settings=bench.settings)
    assert told.taken_back == (later,)
    assert {bench.state(history, one) for one in (name, later)} == {"rolled_back"}
    assert bodies(history)[-1] == bodies(history)[0]
    bench.check(history)


def test_the_rollback_of_a_completed_decision_is_a_decision_that_can_be_taken_back(
    bench: Any, history: History
) -> None:
    name = applied(bench, history)
    bench.ingest(history, "b", "+++" * 20, 10)
    more = {"settings": bench.settings}
    outcomes.measure(history, name, bench.who(11), **more)
    assert bench.state(history, name) == "completed"
    told = rollbacks.roll_back(history, name, bench.who(12), **more)
    assert (told.state, bench.state(history, name)) == ("monitoring", "completed")
    new = queries.stored_decisions(history, [told.decision_id])[told.decision_id]
    (proposal,) = proposals(new)
    assert proposal.type is DecisionType.ROLLBACK
    assert name in proposal.rationale
    again = rollbacks.roll_back(history, told.decision_id, bench.who(13), **more)
    assert again.state == "rolled_back"
    first, second, third, fourth = bodies(history)
    assert (third, fourth) == (first, second)
    with pytest.raises(TransitionError, match="it cannot become rolling_back"):
        rollbacks.roll_back(history, told.decision_id, bench.who(14), **more)
    bench.check(history)


def test_a_rollback_refuses_a_configuration_that_was_tampered_with(
    bench: Any, history: History
) -> None:
    name = applied(bench, history)
    history.connection.execute(
        "UPDATE config_snapshots SET body = replace(body, 'a', 'e') WHERE seq = 0"
    )
    with pytest.raises(HistoryError, match="configuration 0 was changed"):
        rollbacks.roll_back(history, name, bench.who(), settings=bench.settings)
    assert bench.state(history, name) == "monitoring"


def test_a_change_that_leaves_the_variant_is_measured_by_when_runs_began(
    bench: Any, history: History
) -> None:
    change = Change(setting="cache.ttl_s", old=None, new=60)
    name = bench.decide(history, change, type=DecisionType.ENABLE_CACHING).decision_id
    lifecycle.approve(history, name, bench.who())
    lifecycle.apply(history, name, bench.who())
    bench.ingest(history, "a", "---" * 20, 10)
    found = outcomes.measure(history, name, bench.who(11), settings=bench.settings)
    assert (found.status, found.n_before, found.n_after) == (OutcomeStatus.FAILED, 60, 60)
    assert bench.state(history, name) == "monitoring"


def test_other_cases_after_the_change_are_compared_unpaired(bench: Any, history: History) -> None:
    name = applied(bench, history)
    bench.ingest(history, "b", "+" * 59, 10)
    history.connection.execute(
        "UPDATE tasks SET case_id = 'new' || case_id WHERE run_id = (SELECT max(run_id) FROM runs)"
    )
    found = outcomes.measure(history, name, bench.who(11), settings=bench.settings)
    rate = found.effects[0].measured
    assert (rate.estimator, rate.n) == ("newcombe, exact, unpaired", 119)
    assert found.status is OutcomeStatus.SUCCESS


def test_the_next_estimate_of_a_strategy_is_shrunk_by_what_came_of_the_last(
    bench: Any, history: History
) -> None:
    effect = Effect(
        metric="success_rate", estimate=0.9, low=0.85, high=0.95, level=0.95, n=60, estimator="t"
    )
    name = applied(bench, history, effects=(effect,), strategy="threshold_based")
    bench.ingest(history, "b", "+++" * 20, 10)
    outcomes.measure(history, name, bench.who(11), settings=bench.settings)
    bench.ingest(history, "a", "--+" * 20, 20)
    (made,) = bench.evidence_decisions(history)
    (back,) = [
        one for one in proposals(made.decision) if one.strategy == "threshold_based" and one.effects
    ]
    assert back.effects[0].estimator == "newcombe, unpaired, calibrated x0.38 on 1 outcome"
    estimate, low, high = (back.effects[0].estimate, back.effects[0].low, back.effects[0].high)
    assert low < estimate < high


def test_a_clock_that_goes_back_is_accepted_and_the_order_is_that_of_the_log(
    bench: Any, history: History
) -> None:
    name = bench.switch(history, "a", "b").decision_id
    lifecycle.approve(history, name, bench.who(-100))
    lifecycle.apply(history, name, bench.who(-200))
    entries = queries.audit(history, subject=name)
    assert [one.seq for one in entries] == sorted(one.seq for one in entries)
    assert entries[-1].logged_at == bench.who(-200).at
    told = rollbacks.roll_back(history, name, bench.who(-300), settings=bench.settings)
    assert told.state == "rolled_back"
    assert config_snapshots(history, "wf")[-1].made_at == bench.who(-200).at
    bench.check(history)


def test_a_history_in_which_every_decision_was_rejected_goes_on(
    bench: Any, history: History
) -> None:
    for _ in range(3):
        name = bench.switch(history, "a", "b").decision_id
        lifecycle.reject(history, name, bench.who(actor="bob", why="no"))
        assert bench.state(history, name) == "rejected"
    for act in (lifecycle.approve, lifecycle.reject, lifecycle.apply):
        with pytest.raises(TransitionError, match="is rejected, it cannot become") as caught:
            act(history, name, bench.who())
        assert caught.value.hint == "Steps from here: none, this state is final."
    bench.ingest(history, "a", "---" * 20, 10)
    assert bench.evidence_decisions(history)
    assert rollouts.advance(history, None, bench.who(), settings=bench.settings) == []


def test_the_dwell_time_is_told_by_when_runs_began(bench: Any, history: History) -> None:
    name = approved(bench, history)
    more = {"settings": bench.settings}
    rollouts.start(history, name, bench.who(0), preset="s0", **more)
    bench.ingest(history, "b", "+++" * 20, 5)
    (stays,) = rollouts.advance(history, name, bench.who(500), **more)
    assert stays.rollout.reason == "stays at 10 %: runs span 5 h of 24 h"
    bench.ingest(history, "b", "+++" * 20, 25)
    (moved,) = rollouts.advance(history, name, bench.who(500), **more)
    assert moved.rollout.step == 1
    assert moved.rollout.moved_at - moved.rollout.started_at == timedelta(hours=500)
