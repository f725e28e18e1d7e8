"""What may take the place of the version in use: a confirmed one, or one that was in use before."""

from __future__ import annotations

from optimizer.models.errors import TransitionError
from optimizer.models.versions import Version, VersionState
from optimizer.prompts.versions.lifecycle import WAS_IN_USE

HOW_TO_CONFIRM = "Confirm a prompt on held-out cases with 'optimizer optimize'."


def require_promotable(found: Version, last: Version | None) -> Version:
    """Return the version in use that a confirmed one takes the place of.

    Raises:
        TransitionError: There is no such thing.
    """
    subject = f"version {found.prompt_id}@{found.version}"
    if found.state is not VersionState.CONFIRMED:
        raise TransitionError(
            f"{subject}: {_not_confirmed(found)}, expected confirmed", hint=_hint(found)
        )
    if last is None or found.confirmation is None:
        raise TransitionError(f"{subject}: nothing is stored that it was held against")
    if found.confirmation.control_sha256 != last.prompt_sha256:
        raise TransitionError(
            f"{subject}: it was held against another prompt than {last.version}, which is in use",
            hint="Run 'optimizer optimize' on the prompt that is in use.",
        )
    return last


def require_restorable(target: Version, last: Version | None) -> Version:
    """Return the version in use that an earlier one takes the place of.

    Raises:
        TransitionError: There is none, it is the same text, or the earlier one never was in use.
    """
    subject = f"version {target.prompt_id}@{target.version}"
    if target.state not in WAS_IN_USE:
        raise TransitionError(
            f"{subject}: it is {target.state} and was never in use, expected one that was",
            hint=HOW_TO_CONFIRM,
        )
    if last is None:
        raise TransitionError(f"{subject}: no version of the prompt is in use")
    if last.prompt_sha256 == target.prompt_sha256:
        raise TransitionError(f"{subject}: its text is in use already, as {last.version}")
    return last


def _not_confirmed(found: Version) -> str:
    match found.state:
        case VersionState.DRAFT:
            return "it is an unverified draft, no held-out test speaks for it"
        case VersionState.REFUSED:
            reason = found.confirmation.reason if found.confirmation else "without a reason"
            return f"held-out tests refused it ({reason})"
        case VersionState.BASELINE | VersionState.IN_FORCE:
            return "it is in use already"
        case _:
            return f"it is {found.state}"


def _hint(found: Version) -> str | None:
    if found.state is VersionState.RETIRED:
        return f"Take it back with 'optimizer prompts rollback {found.prompt_id} {found.version}'."
    return HOW_TO_CONFIRM if found.state in (VersionState.DRAFT, VersionState.REFUSED) else None
