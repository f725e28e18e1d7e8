"""Setting aside, by name, what was held against a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optimizer.models.decisions import Decision, accepted, proposals
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.reviews import Fate, Review, RiskLevel


def overridden(decision: Decision, names: Sequence[str]) -> Decision:
    """Return a decision with some objections set aside; what only they held back is accepted.

    Args:
        decision: The decision.
        names: The checks whose objections are set aside.

    Raises:
        SelectionError: A name is of no objection that blocks, or of one that cannot be set aside.
    """
    for name in names:
        _require_override(decision, name)
    return replace(
        decision, reviews=tuple(_reviewed(decision, one, names) for one in decision.reviews)
    )


def require_appliable(decision: Decision) -> None:
    """Refuse a decision that is never applied.

    Raises:
        TransitionError: One of its changes is of critical risk, or nothing of it is left.
    """
    kept = [one for one in decision.reviews if one.fate is Fate.ACCEPTED]
    if any(one.risk is RiskLevel.CRITICAL for one in kept):
        raise TransitionError(
            f"decision {decision.decision_id}: critical risk is never applied",
            hint=f"See why with 'optimizer explain {decision.decision_id}', then reject it.",
        )
    if not accepted(decision):
        raise TransitionError(
            f"decision {decision.decision_id}: every proposal is held back, expected one to apply",
            hint=f"See why with 'optimizer explain {decision.decision_id}', then reject it.",
        )


def _require_override(decision: Decision, name: str) -> None:
    found = [o for one in decision.reviews for o in one.objections if o.check == name and o.blocks]
    if not found:
        known = sorted({o.check for r in decision.reviews for o in r.objections if o.blocks})
        wanted = f"one of {', '.join(known)}" if known else "no override: nothing blocks it"
        raise SelectionError(
            f"--override {name!r}: no such objection blocks decision {decision.decision_id}, "
            f"expected {wanted}"
        )
    if not all(one.can_override for one in found):
        raise SelectionError(
            f"--override {name!r}: this objection cannot be set aside, expected one that can"
        )


def _reviewed(decision: Decision, review: Review, names: Sequence[str]) -> Review:
    left = [o for o in review.objections if o.blocks and o.check not in names]
    if review.fate is not Fate.HELD_BACK or left:
        return review
    taken = {c.setting for one in accepted(decision) for c in one.changes}
    clash = [c.setting for c in proposals(decision)[review.place].changes if c.setting in taken]
    if clash:
        return replace(review, fate=Fate.LOST, lost_to=f"another proposal already moves {clash[0]}")
    return replace(review, fate=Fate.ACCEPTED)
