"""Which configuration a rollback puts back: byte for byte one that was in force before.

The configurations of a workflow are a list that is only appended to. Taking a decision back puts
that back which stands right before it, and with it takes back whatever was put in force since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from optimizer.decisions.configuration import sha256_of
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError, SelectionError, TransitionError
from optimizer.models.lifecycle import ConfigSnapshot

INITIAL, APPLIED, ROLLED_BACK = "initial", "applied", "rolled_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a rollback puts back.

    Attributes:
        snapshot: The configuration.
        depth: How many configurations it goes back.
        decision_ids: The decisions that put those in force which it takes back, oldest first.
    """

    snapshot: ConfigSnapshot
    depth: int
    decision_ids: tuple[str, ...]


def before(snapshots: Sequence[ConfigSnapshot], decision_id: str, *, max_depth: int) -> Target:
    """Return what was in force right before a decision.

    Args:
        snapshots: The configurations of its workflow, in order.
        decision_id: The decision.
        max_depth: Configurations that a rollback may go back.

    Raises:
        SelectionError: The decision never changed the configuration.
        TransitionError: That configuration is in force already, or too far back.
        HistoryError: A configuration is not what was stored.
    """
    place = next(
        (n for n, one in enumerate(snapshots) if _is_change(one, decision_id)), len(snapshots)
    )
    if place in {0, len(snapshots)}:
        raise SelectionError(
            f"decision {decision_id}: no configuration before it is known, as it changed none",
            hint="Only a decision that was applied can be rolled back.",
        )
    target = _target(snapshots, place - 1, f"decision {decision_id}")
    if target.depth > max_depth:
        raise TransitionError(
            f"decision {decision_id}: {target.depth} configurations back, expected at most "
            f"{max_depth}",
            hint="Go back to the first with --to-initial, or raise safety.max_rollback_depth.",
        )
    return target


def first(snapshots: Sequence[ConfigSnapshot], workflow_id: str) -> Target:
    """Return what was in use before any decision was applied.

    Raises:
        SelectionError: None was.
        TransitionError: It is in force already.
        HistoryError: A configuration is not what was stored.
    """
    if not snapshots:
        raise SelectionError(
            f"workflow {workflow_id!r}: no decision was ever applied to it, "
            "expected one to roll back",
        )
    return _target(snapshots, 0, f"workflow {workflow_id!r}")


def restored(
    snapshots: Sequence[ConfigSnapshot], target: Target, *, decision_id: str, at: datetime
) -> ConfigSnapshot:
    """Return the entry of the list that puts a configuration back."""
    last = snapshots[-1]
    return replace(
        target.snapshot,
        seq=last.seq + 1,
        decision_id=decision_id,
        action=ROLLED_BACK,
        made_at=max(at, last.made_at),
    )


def require_sound(snapshots: Sequence[ConfigSnapshot]) -> None:
    """Refuse configurations that are not what was stored.

    Raises:
        HistoryError: One has another hash, or is not in its place.
    """
    for place, one in enumerate(snapshots):
        if one.seq != place or one.sha256 != sha256_of(one.body):
            raise HistoryError(
                f"workflow {one.workflow_id!r}: configuration {one.seq} was changed after it was "
                "stored: its hash is another",
                hint="See with 'optimizer audit verify' what else was.",
            )


def require_restored(found: ConfigSnapshot, target: Target) -> None:
    """Refuse a rollback that did not put back what was in force.

    Raises:
        HistoryError: It did not.
    """
    if found.body != target.snapshot.body or found.sha256 != sha256_of(target.snapshot.body):
        raise HistoryError(
            f"workflow {found.workflow_id!r}: what was put back is not configuration "
            f"{target.snapshot.seq}, expected it byte for byte"
        )


def _target(snapshots: Sequence[ConfigSnapshot], place: int, subject: str) -> Target:
    require_sound(snapshots)
    wanted, last = snapshots[place], snapshots[-1]
    if wanted.body == last.body:
        raise TransitionError(
            f"{subject}: configuration {wanted.seq} is in force already, nothing to roll back"
        )
    later = [one.decision_id for one in snapshots[place + 1 :] if one.action == APPLIED]
    return Target(
        snapshot=wanted,
        depth=len(snapshots) - 1 - place,
        decision_ids=tuple(dict.fromkeys(name for name in later if name is not None)),
    )


def _is_change(snapshot: ConfigSnapshot, decision_id: str) -> bool:
    return snapshot.decision_id == decision_id and snapshot.action != INITIAL
