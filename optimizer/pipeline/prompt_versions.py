"""Versions of prompts: found in files, made by optimizations, promoted, taken back.

Each function reads what it rests on and stores what it does in one transaction; a file is written
as the last thing in it, and only where it still holds the text of the version in use.

What a file holds is in use, whoever put it there. So an edit made outside becomes a version of its
own, a baseline of which nothing is claimed, and the one before it is retired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optimizer.history.queries.optimizing import prompt_versions
from optimizer.history.store import History
from optimizer.history.versioning import VersionAct, record_versions
from optimizer.models.names import legible
from optimizer.models.sites import PromptSite
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import (
    Confirmation,
    Version,
    VersionMoved,
    VersionState,
)
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_lines import looked_line, moved_line, recorded_line
from optimizer.pipeline.prompt_texts import (
    EDITED,
    Made,
    drafted_version,
    found_version,
    restored_version,
)
from optimizer.pipeline.prompt_writing import PromptFiles, written
from optimizer.pipeline.select_prompt import select_version, versions_of
from optimizer.prompts.versions.lifecycle import (
    Step,
    advance,
    in_use,
)
from optimizer.prompts.versions.promotion import require_promotable, require_restorable
from optimizer.scoring_rules import ScoringRules

FOUND = "found in the file"


def register(
    history: History,
    site: PromptSite,
    who: Who,
    *,
    rules: ScoringRules,
    workflow_id: str | None = None,
    lint: tuple[str, ...] = (),
) -> Version:
    """Return the version that stands in a file; make it one where it is none yet.

    The first is 1.0.0. Where the file was edited outside, the edit is a version of its own; where
    somebody put a confirmed version there by hand, that is in force from now on.
    """
    with history.transaction():
        known = prompt_versions(history, prompt_id=site.prompt_id)
        last = in_use(known)
        if last is not None and last.prompt_sha256 == site.sha256:
            return last
        by_hand = last and _confirmed_against(known, site.sha256, last)
        if last is not None and by_hand:
            found, act = _in_place_of(last, by_hand, replace(who, why=FOUND))
        else:
            found = found_version(
                known, last, site, who, rules=rules, workflow_id=workflow_id, lint=lint
            )
            retired = _retired(last, replace(who, why=EDITED)) if last else None
            act = _with_new(found, who, retired)
        record_versions(history, act)
    return found


def record_made(
    history: History, prompt_id: str, made: Made, who: Who, *, rules: ScoringRules
) -> Version:
    """Store what an optimization made of the prompt in use: a draft, confirmed or refused.

    What the same optimization made already stays as it was.

    Raises:
        SelectionError: The prompt is not stored.
    """
    with history.transaction():
        known = versions_of(history, prompt_id)
        sha256 = text_sha256(made.text)
        for one in known:
            if one.optimization_id == made.optimization_id and one.prompt_sha256 == sha256:
                return one
        drafted = drafted_version(known, made, sha256, who, rules)
        lines = [recorded_line(drafted, who)]
        version = drafted
        looks: tuple[Confirmation, ...] = ()
        if made.confirmation is not None:
            looks = (made.confirmation,)
            state = VersionState.CONFIRMED if made.confirmation.is_licence else VersionState.REFUSED
            version, step = _advanced(drafted, state, replace(who, why=made.confirmation.reason))
            lines += [looked_line(made.confirmation, version, who), moved_line(step, who)]
        record_versions(history, VersionAct(new=[version], looks=looks, lines=lines))
    return version


def promote(
    history: History,
    selector: str,
    who: Who,
    *,
    files: PromptFiles | None,
    prompt_id: str | None = None,
) -> VersionMoved:
    """Put a confirmed version in force, and write it to its file.

    Args:
        history: An open history.
        selector: The version.
        who: Who does it.
        files: The files; None: only record it.
        prompt_id: The prompt, where the selector does not name it.

    Raises:
        SelectionError: There is no such version.
        TransitionError: It is not confirmed, or another prompt than its control is in use.
        PatchRefused: The file holds another text than the version in use.
    """
    with history.transaction():
        found = select_version(history, selector, prompt_id=prompt_id)
        last = in_use(versions_of(history, found.prompt_id))
        last = require_promotable(found, last)
        moved, act = _in_place_of(last, found, who)
        record_versions(history, act)
        path = written(files, last, moved)
    return VersionMoved(
        version=moved,
        text=f"{moved.version} is in force in place of {last.version}",
        retired=last.version,
        path=path,
        actor=who.actor,
        why=who.why,
    )


def roll_back(
    history: History,
    prompt_id: str,
    version: str,
    who: Who,
    *,
    files: PromptFiles | None,
) -> VersionMoved:
    """Put the text of an earlier version in force again, as a new patch version.

    Args:
        history: An open history.
        prompt_id: The prompt.
        version: The version whose text is restored.
        who: Who does it.
        files: The files; None: only record it.

    Raises:
        SelectionError: There is no such version.
        TransitionError: It was never in use, or it is.
        PatchRefused: The file holds another text than the version in use.
    """
    with history.transaction():
        target = select_version(history, version, prompt_id=prompt_id)
        known = versions_of(history, target.prompt_id)
        last = require_restorable(target, in_use(known))
        why = f"rollback to {target.version}"
        said = replace(who, why=f"{why}: {who.why}" if who.why else why)
        restored = restored_version(known, target, last, why, said)
        record_versions(history, _with_new(restored, said, _retired(last, said)))
        path = written(files, last, restored)
    return VersionMoved(
        version=restored,
        text=f"{restored.version} restores the text of {target.version} in place of {last.version}",
        retired=last.version,
        path=path,
        actor=who.actor,
        why=who.why,
    )


def _confirmed_against(known: Sequence[Version], sha256: str, last: Version) -> Version | None:
    """Return the confirmed version of a text, if it was held against the one in use."""
    for one in known:
        control = one.confirmation and one.confirmation.control_sha256
        if (one.state, one.prompt_sha256, control) == (
            VersionState.CONFIRMED,
            sha256,
            last.prompt_sha256,
        ):
            return one
    return None


def _in_place_of(last: Version, found: Version, who: Who) -> tuple[Version, VersionAct]:
    """Return a confirmed version in force, and all that this changes."""
    retired, first = _retired(last, who)
    moved, second = _advanced(found, VersionState.IN_FORCE, who)
    lines = [moved_line(step, who) for step in (first, second)]
    return moved, VersionAct(moved=[retired, moved], lines=lines)


def _retired(last: Version, who: Who) -> tuple[Version, Step]:
    return _advanced(last, VersionState.RETIRED, who)


def _advanced(version: Version, to: VersionState, who: Who) -> tuple[Version, Step]:
    return advance(version, to, actor=who.actor, reason=legible(who.why), at=who.at)


def _with_new(version: Version, who: Who, retired: tuple[Version, Step] | None) -> VersionAct:
    """Return all that a new version changes that takes the place of another."""
    lines = [*([moved_line(retired[1], who)] if retired else ()), recorded_line(version, who)]
    return VersionAct(new=[version], moved=[retired[0]] if retired else (), lines=lines)
