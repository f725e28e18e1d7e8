"""Versions of prompts: found in files, made by optimizations, promoted, taken back.

Each function reads what it rests on and stores what it does in one transaction; a file is written
as the last thing in it, and only where it still holds the text of the version in use.

What a file holds is in use, whoever put it there. So an edit made outside becomes a version of its
own, a baseline of which nothing is claimed, and the one before it is retired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from optimizer.history.queries.optimizing import prompt_versions
from optimizer.history.store import History
from optimizer.history.versioning import VersionAct, record_versions
from optimizer.models.errors import SelectionError
from optimizer.models.names import legible
from optimizer.models.sites import PromptSite
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import (
    Confirmation,
    Lineage,
    Version,
    VersionMoved,
    VersionState,
)
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_lines import looked_line, moved_line, recorded_line
from optimizer.pipeline.select_prompt import select_version, versions_of
from optimizer.prompts.extract import find_sites, patch
from optimizer.prompts.promotion import require_promotable, require_restorable
from optimizer.prompts.versions import (
    FIRST,
    Part,
    Step,
    advance,
    bump,
    in_use,
    next_version,
)
from optimizer.scoring_rules import ScoringRules

FOUND = "found in the file"
EDITED = "edited outside, unverified"


class PromptFiles(Protocol):
    """The files of the project, by their paths relative to its folder."""

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        ...

    def write(self, path: str, old: bytes, new: bytes) -> None:
        """Replace what a file holds, unless it is not `old` any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A prompt that an optimization made, before it is a version.

    Attributes:
        text: The prompt.
        lineage: How it was made.
        optimization_id: The optimization.
        confirmation: The held-out tests, or None where there were none.
        cosmetic: Whether only transforms made it that leave the meaning alone.
        lint_before: Rules that found something in the prompt in use, with how often.
        lint_after: The same of this one.
    """

    text: str
    lineage: Lineage
    optimization_id: str
    confirmation: Confirmation | None = None
    cosmetic: bool = False
    lint_before: tuple[str, ...] = ()
    lint_after: tuple[str, ...] = ()


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
            found = _found(known, last, site, who, rules=rules, workflow_id=workflow_id, lint=lint)
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
        drafted = _drafted(known, made, sha256, who, rules)
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
        path = _written(files, last, moved)
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
        restored = _restored(known, target, last, why, said)
        record_versions(history, _with_new(restored, said, _retired(last, said)))
        path = _written(files, last, restored)
    return VersionMoved(
        version=restored,
        text=f"{restored.version} restores the text of {target.version} in place of {last.version}",
        retired=last.version,
        path=path,
        actor=who.actor,
        why=who.why,
    )


def _written(files: PromptFiles | None, last: Version, version: Version) -> str | None:
    """Write a version where the one in use stands, and return the file; None where none was.

    Raises:
        SelectionError: The file holds no such prompt.
        PatchRefused: It holds another text.
    """
    if files is None:
        return None
    path = version.prompt_id.partition("#")[0]
    content = files.read(path)
    site = _site(path, content, version.prompt_id)
    if site.sha256 == version.prompt_sha256:
        return None
    expected = replace(site, text=last.text)
    files.write(path, content, patch(content, expected, version.text))
    return path


def _site(path: str, content: bytes, prompt_id: str) -> PromptSite:
    for site in find_sites(path, content).sites:
        if site.prompt_id == prompt_id:
            return site
    raise SelectionError(
        f"prompt {prompt_id}: {path} does not hold it any more",
        hint="With --record-only no file is written.",
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


def _found(
    known: Sequence[Version],
    last: Version | None,
    site: PromptSite,
    who: Who,
    *,
    rules: ScoringRules,
    workflow_id: str | None,
    lint: tuple[str, ...],
) -> Version:
    """Return the version that a text found in a file becomes."""
    plain = _plain(known, last, site.prompt_id, site.text, who)
    plain = replace(plain, state=VersionState.BASELINE, lint_after=lint)
    plain = replace(plain, workflow_id=workflow_id or plain.workflow_id)
    if last is None:
        return plain
    raised = bump(None, last.text, site.text, rules)
    same = next((one for one in known if one.prompt_sha256 == site.sha256), None)
    why = f"{EDITED}: the text of {same.version}" if same else EDITED
    return replace(
        plain,
        version=_number(known, last, raised.part),
        bump=raised.part,
        why_bump=raised.why,
        lineage=Lineage(why=why),
        lint_before=last.lint_after,
    )


def _drafted(
    known: Sequence[Version], made: Made, sha256: str, who: Who, rules: ScoringRules
) -> Version:
    """Return the draft that a made prompt becomes.

    Raises:
        SelectionError: No version of the prompt is in use.
    """
    last = in_use(known)
    if last is None:
        raise SelectionError(f"prompt {known[0].prompt_id}: no version of it is in use")
    raised = bump(made.confirmation, last.text, made.text, rules, cosmetic=made.cosmetic)
    return replace(
        _plain(known, last, last.prompt_id, made.text, who),
        version=_number(known, last, raised.part),
        bump=raised.part,
        why_bump=raised.why,
        prompt_sha256=sha256,
        optimization_id=made.optimization_id,
        confirmation=made.confirmation,
        lineage=made.lineage,
        lint_before=made.lint_before,
        lint_after=made.lint_after,
    )


def _restored(
    known: Sequence[Version], target: Version, last: Version, why: str, who: Who
) -> Version:
    return replace(
        _plain(known, last, last.prompt_id, target.text, who),
        version=_number(known, last, Part.PATCH),
        state=VersionState.IN_FORCE,
        bump=Part.PATCH,
        why_bump=why,
        lineage=Lineage(why=why, source_case_ids=target.lineage.source_case_ids),
        lint_before=last.lint_after,
        lint_after=target.lint_after,
    )


def _plain(
    known: Sequence[Version], parent: Version | None, prompt_id: str, text: str, who: Who
) -> Version:
    """Return a version with nothing but its text and its place."""
    return Version(
        prompt_id=prompt_id,
        version=FIRST,
        seq=len(known),
        parent=parent.version if parent else None,
        prompt_sha256=text_sha256(text),
        text=text,
        workflow_id=parent.workflow_id if parent else None,
        state=VersionState.DRAFT,
        bump=None,
        why_bump=None,
        optimization_id=None,
        confirmation=None,
        lineage=Lineage(),
        lint_before=(),
        lint_after=(),
        created_at=who.at,
        changed_at=who.at,
    )


def _number(known: Sequence[Version], last: Version, part: Part) -> str:
    return next_version(last.version, part, {one.version for one in known})


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
