"""Taking decisions back: the configuration before them is put in force again, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from optimizer import __version__
from optimizer.decisions import configuration, rollback, rollout
from optimizer.decisions.commands import put_back
from optimizer.decisions.settings import Lifecycle
from optimizer.history import queries
from optimizer.history.audit import AuditLine
from optimizer.history.queries.lifecycle import config_snapshots, rollouts
from optimizer.history.steps import Act, record_act
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.lifecycle import (
    ConfigSnapshot,
    DecisionOutcome,
    Moved,
    Rollout,
    RolloutStatus,
)
from optimizer.models.proposals import Answer, DecisionType, Proposal, StrategyAnswer
from optimizer.pipeline.lifecycle import Who, walk
from optimizer.pipeline.measuring import outcome
from optimizer.pipeline.select import select_decision

S = DecisionState

BACK = (S.ROLLING_BACK, S.ROLLED_BACK)
"""The way of a decision that is taken back while it is watched."""

TO_FORCE = (S.VALIDATING, S.APPROVED, S.EXECUTING, S.MONITORING)
"""The way of the decision that a rollback of a completed one is."""

WATCHED = frozenset({S.EXECUTING, S.MONITORING})


def roll_back(history: History, selector: str, who: Who, *, settings: Lifecycle) -> Moved:
    """Put back what was in force before a decision.

    A completed decision stays completed: its rollback is a decision of its own.

    Raises:
        SelectionError: There is no such decision, or it changed no configuration.
        TransitionError: It cannot be rolled back.
        HistoryError: What would be put back is not what was stored.
    """
    with history.transaction():
        found = select_decision(history, selector)
        return take_back(history, found, who, settings=settings)


def roll_back_to_initial(
    history: History, workflow_id: str, who: Who, *, settings: Lifecycle
) -> Moved:
    """Put back what was in use before any decision was applied to a workflow.

    Raises:
        SelectionError: None was.
        TransitionError: It is in use already.
        HistoryError: It is not what was stored.
    """
    with history.transaction():
        snapshots = config_snapshots(history, workflow_id)
        target = rollback.first(snapshots, workflow_id)
        return _anew(history, _Back(snapshots, target, None, workflow_id), who, settings)


def take_back(
    history: History,
    found: Decision,
    who: Who,
    *,
    settings: Lifecycle,
    ended: Rollout | None = None,
) -> Moved:
    """Do what `roll_back` does, in the transaction that is open.

    Args:
        history: An open history.
        found: The decision.
        who: Who takes it back.
        settings: How far a rollback may go.
        ended: Its rollout as it ends, where that is known better.
    """
    if found.state is not S.COMPLETED:
        walk(found, BACK, who)
    snapshots = config_snapshots(history, found.workflow_id)
    target = rollback.before(
        snapshots, found.decision_id, max_depth=settings.limits.max_rollback_depth
    )
    back = _Back(snapshots, target, found, found.workflow_id)
    if found.state is S.COMPLETED:
        return _anew(history, back, who, settings)
    taken = _taken(history, back, who, settings, ended)
    _record(history, back, found.decision_id, taken, who)
    return back.told(found, S.ROLLED_BACK, who, [i for i in taken.ids if i != found.decision_id])


@dataclass(frozen=True, slots=True)
class _Back:
    """One rollback: the configurations, what is put back, and the decision it is of."""

    snapshots: Sequence[ConfigSnapshot]
    target: rollback.Target
    decision: Decision | None
    workflow_id: str

    @property
    def now(self) -> str:
        """The configuration that is in force until now."""
        return self.snapshots[-1].body

    def told(
        self, decision: Decision, state: DecisionState, who: Who, taken_back: Sequence[str]
    ) -> Moved:
        """Return what is told of it."""
        body = self.target.snapshot.body
        patch = configuration.patch(self.now, body)
        return Moved(
            decision_id=decision.decision_id,
            workflow_id=self.workflow_id,
            state=state,
            text=f"configuration {self.target.snapshot.seq} is in force again, byte for byte",
            actor=who.actor,
            why=who.why,
            changes=configuration.difference(self.now, body),
            patch=patch,
            sha256=self.target.snapshot.sha256,
            commands=put_back(
                decision.decision_id,
                self.workflow_id,
                body=configuration.decoded(body),
                patch=patch,
            ),
            taken_back=tuple(taken_back),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """The decisions that are taken back, with their steps, rollouts and outcomes."""

    decisions: tuple[Decision, ...]
    lines: tuple[AuditLine, ...]
    rollouts: tuple[Rollout, ...]
    outcomes: tuple[DecisionOutcome, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.decision_id for one in self.decisions)


def _anew(history: History, back: _Back, who: Who, settings: Lifecycle) -> Moved:
    """Take back by a new decision, which can be taken back in its turn."""
    new = _decision(back, who)
    moved, lines = walk(new, TO_FORCE, who, takes_back=list(back.target.decision_ids))
    taken = _taken(history, back, who, settings, None)
    detail = {
        "proposals": [f"rollback: {DecisionType.ROLLBACK}"],
        "state": str(new.state),
        "workflow_id": new.workflow_id,
    }
    recorded = who.line("decision.recorded", new.decision_id, detail)
    whole = replace(taken, lines=(recorded, *lines, *taken.lines))
    _record(history, back, new.decision_id, whole, who, new=(moved,))
    return back.told(moved, moved.state, who, back.target.decision_ids)


def _record(
    history: History,
    back: _Back,
    decision_id: str,
    taken: _Taken,
    who: Who,
    *,
    new: Sequence[Decision] = (),
) -> None:
    snapshot = rollback.restored(back.snapshots, back.target, decision_id=decision_id, at=who.at)
    act = Act(
        decisions=taken.decisions,
        new=new,
        applied_at={one.decision_id: who.at for one in new},
        snapshots=(snapshot,),
        rollouts=taken.rollouts,
        outcomes=taken.outcomes,
        lines=taken.lines,
    )
    record_act(history, act)
    rollback.require_restored(config_snapshots(history, back.workflow_id)[-1], back.target)


def _taken(
    history: History,
    back: _Back,
    who: Who,
    settings: Lifecycle,
    ended: Rollout | None,
) -> _Taken:
    """Return the decisions still watched that a rollback takes back, each with all that ends."""
    known = queries.stored_decisions(history, back.target.decision_ids)
    named = {back.decision.decision_id} if back.decision else set()
    names = [*back.target.decision_ids, *(named - set(back.target.decision_ids))]
    if back.decision is not None:
        known |= {back.decision.decision_id: back.decision}
    watched = [known[name] for name in names if name in known and known[name].state in WATCHED]
    walked = [walk(one, BACK, who) for one in watched]
    running = {
        one.rollout.decision_id: one.rollout
        for one in rollouts(history, workflow_id=back.workflow_id)
        if one.rollout.status is RolloutStatus.RUNNING
    }
    stopped = [
        rollout.rolled_back(running[one.decision_id], reason=_why(who), at=who.at)
        for one in watched
        if one.decision_id in running
    ]
    if ended is not None:
        stopped = [ended if one.decision_id == ended.decision_id else one for one in stopped]
    measured = (outcome(history, moved, settings, at=who.at) for moved, _ in walked)
    return _Taken(
        decisions=tuple(moved for moved, _ in walked),
        lines=tuple(line for _, lines in walked for line in lines),
        rollouts=tuple(stopped),
        outcomes=tuple(one for one in measured if one is not None),
    )


def _why(who: Who) -> str:
    return f"rolled back by {who.actor}" + (f": {who.why}" if who.why else "")


def _decision(back: _Back, who: Who) -> Decision:
    """Return the decision that a rollback of what is completed is."""
    target, last = back.target.snapshot, back.snapshots[-1]
    names = _listed(back.target.decision_ids)
    what = f"configuration {target.seq} of {back.workflow_id} was in force before {names}"
    proposal = Proposal(
        strategy="rollback",
        type=DecisionType.ROLLBACK,
        changes=configuration.difference(last.body, target.body),
        effects=(),
        effects_note=f"what was measured is in the outcome of {names}",
        confidence=None,
        rationale=f"{what}; {who.actor} takes back {names}" + (f": {who.why}." if who.why else "."),
        unless="nobody had asked for it",
    )
    said = StrategyAnswer(strategy="rollback", priority=0, answer=Answer(proposals=(proposal,)))
    key = f"{back.workflow_id}\n{last.seq}\n{last.sha256}\n{target.sha256}"
    return Decision(
        decision_id=hashlib.sha256(key.encode()).hexdigest()[:12],
        workflow_id=back.workflow_id,
        as_of=None,
        decided_at=who.at,
        state=S.PENDING,
        current=None,
        others=(),
        explanation=None,
        answers=(said,),
        config_sha256=target.sha256,
        seed=0,
        version=__version__,
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "what came later"
