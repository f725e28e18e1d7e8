"""Decisions after they were made: approved, rejected, put in force.

Each function reads what it rests on and stores what it does in one transaction, so that of two
processes the second sees what the first has done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from optimizer.config.tree import Config
from optimizer.decisions import configuration
from optimizer.decisions.commands import commands
from optimizer.decisions.lifecycle import advance
from optimizer.decisions.overrides import overridden, require_appliable
from optimizer.decisions.rollback import APPLIED, INITIAL, require_sound
from optimizer.decisions.settings import Lifecycle
from optimizer.history.audit import AuditLine
from optimizer.history.queries.lifecycle import config_snapshots, rollouts
from optimizer.history.steps import Act, record_act
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.lifecycle import Commands, ConfigSnapshot, Moved, PatchOp, RolloutStatus
from optimizer.models.names import legible
from optimizer.pipeline.select import select_decision

S = DecisionState

UNCHANGED = "it changes nothing in force"


def lifecycle_of(config: Config) -> Lifecycle:
    """Return how decisions are put in force, watched and taken back."""
    return Lifecycle.of_checked({**config.lifecycle.by_name(), "limits": config.safety})


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does something, why, and when.

    Attributes:
        actor: For the audit log.
        why: In words; empty where nobody said.
        at: When it was done, UTC.
        told_at: When it was told, UTC, for the audit log; None: at the same time.
    """

    actor: str
    why: str
    at: datetime
    told_at: datetime | None = None

    def line(self, action: str, subject: str, detail: Mapping[str, object]) -> AuditLine:
        """Return a line of the audit log; what is empty in its detail is left out."""
        told_at = self.told_at or self.at
        at = {} if told_at == self.at else {"at": self.at.isoformat()}
        return AuditLine(
            logged_at=told_at,
            actor=legible(self.actor),
            action=action,
            subject=subject,
            detail={name: one for name, one in detail.items() if one not in ("", [], None)} | at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """A decision that is put in force, before it is stored.

    Attributes:
        decision: The decision, as it stands then.
        lines: Its steps, for the audit log.
        snapshots: The configurations that are appended.
        before: The configuration before it, or None where it changes none.
        after: The configuration that it makes, likewise.
        commands: What it asks of whoever runs the system.
    """

    decision: Decision
    lines: tuple[AuditLine, ...]
    snapshots: tuple[ConfigSnapshot, ...]
    before: str | None
    after: str | None
    commands: Commands

    def moved(self, text: str, who: Who) -> Moved:
        """Return what is told of it."""
        is_change = self.before is not None and self.after is not None
        return Moved(
            decision_id=self.decision.decision_id,
            workflow_id=self.decision.workflow_id,
            state=self.decision.state,
            text=text,
            actor=who.actor,
            why=who.why,
            changes=configuration.difference(self.before or "{}", self.after or "{}"),
            patch=configuration.patch(self.before or "{}", self.after or "{}"),
            sha256=configuration.sha256_of(self.after or "") if is_change else None,
            commands=self.commands,
        )


def approve(history: History, selector: str, who: Who, *, overrides: Sequence[str] = ()) -> Moved:
    """Approve a decision, so that it can be applied.

    Raises:
        SelectionError: There is no such decision, or no such objection to set aside.
        TransitionError: It cannot be approved: by its state, or because its risk is critical.
    """
    with history.transaction():
        found = overridden(select_decision(history, selector), overrides)
        path = (S.VALIDATING, S.APPROVED) if found.state is S.PENDING else (S.APPROVED,)
        moved, lines = walk(found, path, who, overridden=list(overrides))
        require_appliable(moved)
        record_act(history, Act(decisions=[moved], lines=lines))
    text = f"approved by {who.actor}"
    return replace(_told(moved, text, who), overridden=tuple(overrides))


def reject(history: History, selector: str, who: Who) -> Moved:
    """Reject a decision, so that it is never applied.

    Raises:
        SelectionError: There is no such decision.
        TransitionError: It cannot be rejected any more.
    """
    with history.transaction():
        found = select_decision(history, selector)
        path = (S.VALIDATING, S.REJECTED) if found.state is S.PENDING else (S.REJECTED,)
        moved, lines = walk(found, path, who)
        record_act(history, Act(decisions=[moved], lines=lines))
    return _told(moved, f"rejected by {who.actor}", who)


def apply(history: History, selector: str, who: Who) -> Moved:
    """Put a decision in force at once: its configuration becomes that of the workflow.

    Raises:
        SelectionError: There is no such decision.
        TransitionError: It is not approved, or was made on another configuration, or another one
            is being rolled out.
    """
    with history.transaction():
        found = select_decision(history, selector)
        forced = force(history, found, (S.EXECUTING, S.MONITORING), who, shares=(1.0,))
        act = Act(
            decisions=[forced.decision],
            applied_at={forced.decision.decision_id: who.at},
            snapshots=forced.snapshots,
            lines=forced.lines,
        )
        record_act(history, act)
    text = "applied" if forced.after else f"applied: {UNCHANGED}"
    return forced.moved(text, who)


def force(
    history: History,
    found: Decision,
    path: Sequence[DecisionState],
    who: Who,
    *,
    shares: Sequence[float],
) -> Force:
    """Return what putting a decision in force comes to.

    One that changes nothing in force is completed at once.

    Args:
        history: An open history, in a transaction.
        found: The decision.
        path: The states that it goes through.
        who: Who does it.
        shares: Steps by which the configuration is put in force.
    """
    is_change = any(True for _ in configuration.changes_of(found))
    if not is_change:
        path = (S.EXECUTING, S.MONITORING, S.COMPLETED)
        who = replace(who, why=who.why or UNCHANGED)
    moved, lines = walk(found, path, who)
    require_appliable(moved)
    if not is_change:
        asked = commands(moved, shares=shares, patch=())
        return Force(
            decision=moved, lines=lines, snapshots=(), before=None, after=None, commands=asked
        )
    require_no_rollout(history, found)
    known = config_snapshots(history, found.workflow_id)
    require_sound(known)
    new = tuple(_snapshots(known, moved, who.at))
    before = (*known, *new)[-2].body
    after = new[-1].body
    return Force(
        decision=moved,
        lines=lines,
        snapshots=new,
        before=before,
        after=after,
        commands=commands(
            moved,
            shares=shares,
            patch=configuration.patch(before, after),
            stepwise=len(shares) > 1,
        ),
    )


def walk(
    decision: Decision, path: Sequence[DecisionState], who: Who, **more: object
) -> tuple[Decision, tuple[AuditLine, ...]]:
    """Take a decision along a path; return it with the lines of the audit log.

    Raises:
        TransitionError: There is no such step.
    """
    lines = []
    for state in path:
        decision, step = advance(
            decision, state, actor=who.actor, reason=legible(who.why), at=who.at
        )
        detail = {"from": str(step.before), "to": str(step.after), "reason": step.reason}
        lines.append(who.line("decision.moved", step.decision_id, detail | more))
    return decision, tuple(lines)


def require_no_rollout(history: History, decision: Decision) -> None:
    """Refuse to put a decision in force while another one is being rolled out.

    Raises:
        TransitionError: Another one is.
    """
    for one in rollouts(history, workflow_id=decision.workflow_id):
        if one.rollout.status is RolloutStatus.RUNNING:
            other = one.rollout.decision_id
            raise TransitionError(
                f"workflow {decision.workflow_id!r}: decision {other} is being rolled out, "
                "expected none",
                hint=f"Wait for it, or take it back with 'optimizer rollback {other}'.",
            )


def _snapshots(
    known: Sequence[ConfigSnapshot], decision: Decision, at: datetime
) -> Iterator[ConfigSnapshot]:
    """Yield the configurations that a decision appends: before the first also what was in use."""
    last = known[-1] if known else None
    if last is None:
        if decision.current is None:
            raise SelectionError(
                f"decision {decision.decision_id}: nothing has run, so there is no configuration "
                "to change"
            )
        last = _snapshot(decision, 0, configuration.initial(decision.current), INITIAL, at)
        yield replace(last, decision_id=None)
    body = configuration.changed(last.body, decision)
    if body == last.body:
        raise TransitionError(
            f"decision {decision.decision_id}: the configuration is as it would make it already",
            hint="Reject it with "
            f"'optimizer reject {decision.decision_id} --by NAME --why REASON'.",
        )
    yield _snapshot(decision, last.seq + 1, body, APPLIED, max(at, last.made_at))


def _snapshot(decision: Decision, seq: int, body: str, action: str, at: datetime) -> ConfigSnapshot:
    return ConfigSnapshot(
        workflow_id=decision.workflow_id,
        seq=seq,
        body=body,
        sha256=configuration.sha256_of(body),
        decision_id=decision.decision_id,
        action=action,
        made_at=at,
    )


def _told(decision: Decision, text: str, who: Who) -> Moved:
    return Moved(
        decision_id=decision.decision_id,
        workflow_id=decision.workflow_id,
        state=decision.state,
        text=text,
        actor=who.actor,
        why=who.why,
    )


def asked_of(decision: Decision, *, shares: Sequence[float]) -> Commands:
    """Return what a decision would ask for, were it applied to what it was made on."""
    patch: tuple[PatchOp, ...] = ()
    if decision.current is not None and any(True for _ in configuration.changes_of(decision)):
        body = configuration.initial(decision.current)
        try:
            patch = configuration.patch(body, configuration.changed(body, decision))
        except TransitionError as error:
            nothing = Commands(
                decision_id=decision.decision_id, workflow_id=decision.workflow_id, commands=()
            )
            return replace(nothing, refused=(str(error),))
    return commands(decision, shares=shares, patch=patch)
