"""The version that a text becomes: found in a file, made by an optimization, restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import SelectionError
from optimizer.models.sites import PromptSite
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Lineage, Version, VersionState
from optimizer.pipeline.lifecycle import Who
from optimizer.prompts.versions.lifecycle import FIRST, Part, bump, in_use, next_version
from optimizer.scoring_rules import ScoringRules

EDITED = "edited outside, unverified"


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


def found_version(
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


def drafted_version(
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


def restored_version(
    known: Sequence[Version], target: Version, last: Version, why: str, who: Who
) -> Version:
    """Return the version in force that has the text of an earlier one."""
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
