from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizer.decisions.configuration import canonical, sha256_of
from optimizer.decisions.rollback import before, first, require_restored, require_sound, restored
from optimizer.models.errors import HistoryError, SelectionError, TransitionError
from optimizer.models.lifecycle import ConfigSnapshot

AT = datetime(2026, 1, 1, tzinfo=UTC)


def chain(*names: str | None) -> list[ConfigSnapshot]:
    """One configuration for each name of a decision, the first one initial."""
    return [
        ConfigSnapshot(
            workflow_id="wf",
            seq=seq,
            body=(body := canonical({"variant": f"v{seq}"})),
            sha256=sha256_of(body),
            decision_id=name,
            action="applied" if name else "initial",
            made_at=AT + timedelta(hours=seq),
        )
        for seq, name in enumerate(names)
    ]


def test_puts_back_what_stands_right_before_the_decision() -> None:
    found = before(chain(None, "d1", "d2"), "d2", max_depth=10)
    assert (found.snapshot.seq, found.depth, found.decision_ids) == (1, 1, ("d2",))


def test_takes_back_what_was_put_in_force_since_as_well() -> None:
    found = before(chain(None, "d1", "d2", "d3"), "d2", max_depth=10)
    assert (found.snapshot.seq, found.depth, found.decision_ids) == (1, 2, ("d2", "d3"))


def test_goes_back_no_further_than_it_may() -> None:
    names = [f"d{n}" for n in range(1, 12)]
    with pytest.raises(TransitionError, match="11 configurations back, expected at most 10"):
        before(chain(None, *names), "d1", max_depth=10)
    assert before(chain(None, *names), "d2", max_depth=10).depth == 10
    assert first(chain(None, *names), "wf").depth == 11


def test_a_decision_that_changed_nothing_has_nothing_to_go_back_to() -> None:
    with pytest.raises(SelectionError, match="changed none"):
        before(chain(None, "d1"), "other", max_depth=10)
    with pytest.raises(SelectionError, match="no decision was ever applied"):
        first([], "wf")


def test_a_rollback_can_be_taken_back_in_its_turn() -> None:
    snapshots = chain(None, "d1")
    back = restored(snapshots, before(snapshots, "d1", max_depth=10), decision_id="r1", at=AT)
    assert (back.body, back.sha256) == (snapshots[0].body, snapshots[0].sha256)
    assert (back.seq, back.action, back.decision_id) == (2, "rolled_back", "r1")
    again = before([*snapshots, back], "r1", max_depth=10)
    assert again.snapshot.body == snapshots[1].body


def test_what_is_in_force_already_is_not_put_back() -> None:
    snapshots = chain(None, "d1")
    back = restored(snapshots, first(snapshots, "wf"), decision_id="r1", at=AT)
    for attempt in (
        lambda: first([*snapshots, back], "wf"),
        lambda: before([*snapshots, back], "d1", max_depth=10),
    ):
        with pytest.raises(TransitionError, match="is in force already"):
            attempt()


def test_a_configuration_that_was_tampered_with_is_not_put_back() -> None:
    snapshots = chain(None, "d1")
    damaged = [replace(snapshots[0], body=canonical({"variant": "evil"})), snapshots[1]]
    with pytest.raises(HistoryError, match="configuration 0 was changed after it was stored"):
        before(damaged, "d1", max_depth=10)
    with pytest.raises(HistoryError):
        require_sound(snapshots[1:])


def test_what_was_put_back_is_compared_byte_for_byte() -> None:
    snapshots = chain(None, "d1")
    target = first(snapshots, "wf")
    require_restored(restored(snapshots, target, decision_id="r", at=AT), target)
    with pytest.raises(HistoryError, match="byte for byte"):
        require_restored(snapshots[1], target)


def test_a_clock_that_goes_back_keeps_the_order_of_times() -> None:
    snapshots = chain(None, "d1")
    early = AT - timedelta(days=1)
    found = restored(snapshots, first(snapshots, "wf"), decision_id="r", at=early)
    assert found.made_at == snapshots[-1].made_at
