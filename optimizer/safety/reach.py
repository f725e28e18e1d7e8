"""What a proposal touches: what is in force, what serves the traffic, or nothing yet."""

from __future__ import annotations

from optimizer.models.proposals import EXPLORATORY, Change, DecisionType, Proposal

RESCUES = frozenset({DecisionType.ROLLBACK, DecisionType.CIRCUIT_BREAK})
"""Types that put out a fire: they are warned of, and hardly ever held back."""

TRAFFIC = frozenset({DecisionType.START_EXPERIMENT, DecisionType.ALLOCATE_TRAFFIC})
"""Types that share the traffic out between variants."""

VARIANT = "variant"
PARTS = frozenset({"model", "provider", "prompt", "prompt_sha256", "parameters"})
"""What a variant is made of, as beginnings of setting paths."""

REPLACING = PARTS | {VARIANT}

EXPERIMENT = "experiment"


def root(change: Change) -> str:
    """Return the beginning of the path of what is changed."""
    return change.setting.split(maxsplit=1)[0].partition(".")[0]


def in_force(proposal: Proposal) -> bool:
    """Return whether it changes something that requests meet."""
    return proposal.type not in EXPLORATORY and any(
        root(change) != EXPERIMENT for change in proposal.changes
    )


def replaces_variant(proposal: Proposal) -> bool:
    """Return whether requests would be answered by another variant, or by another part of one."""
    return in_force(proposal) and any(root(change) in REPLACING for change in proposal.changes)
