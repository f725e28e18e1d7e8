"""What a version of a prompt is called, and which states it goes through.

baseline  -> retired                    found in a file, in use, nothing claimed of it
draft     -> confirmed, refused         not tested on held-out cases yet
confirmed -> in force                   by promotion, and only from here
in force  -> retired                    when another one takes its place

Baseline and in force are the states of the prompt in use: at most one version of a prompt is in
either. Confirmed is the only way into force; rolling back makes a new version of an old text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import TransitionError
from optimizer.models.versions import Confirmation, Version, VersionState
from optimizer.promptcheck.lint.contradictory_format import demanded_formats
from optimizer.promptcheck.reading import Reading, read
from optimizer.scoring_rules import ScoringRules

FIRST = "1.0.0"

NEXT: Mapping[VersionState, frozenset[VersionState]] = {
    VersionState.BASELINE: frozenset({VersionState.RETIRED}),
    VersionState.DRAFT: frozenset({VersionState.CONFIRMED, VersionState.REFUSED}),
    VersionState.CONFIRMED: frozenset({VersionState.IN_FORCE}),
    VersionState.REFUSED: frozenset(),
    VersionState.IN_FORCE: frozenset({VersionState.RETIRED}),
    VersionState.RETIRED: frozenset(),
}

IN_USE = frozenset({VersionState.BASELINE, VersionState.IN_FORCE})
"""States of the prompt that is in use."""

WAS_IN_USE = IN_USE | {VersionState.RETIRED}
"""States of prompts that are or were in use: a rollback goes to one of these."""


class Part(StrEnum):
    """Which part of a version number is raised."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """Which part of the version number is raised, and why in a sentence."""

    part: Part
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one version.

    Attributes:
        prompt_id: The prompt.
        version: The version.
        before: The state it left.
        after: The state it entered.
        actor: Who made it.
        reason: Why.
        at: When, UTC.
    """

    prompt_id: str
    version: str
    before: VersionState
    after: VersionState
    actor: str
    reason: str
    at: datetime


def bump(
    confirmation: Confirmation | None,
    before: str,
    after: str,
    rules: ScoringRules,
    *,
    cosmetic: bool = False,
) -> Bump:
    """Say which part of the version a change raises.

    The published thresholds are held against confirmed percentage points: the lower bound of the
    gain in pass rate on held-out cases. Points of a static score never raise a version.

    Args:
        confirmation: The held-out tests, or None where there are none.
        before: The text that was changed.
        after: The text that came of it.
        rules: The thresholds, in points.
        cosmetic: Whether the change leaves the meaning alone: spaces, fillers, verbose phrases.
    """
    broken = changed_interface(before, after)
    if broken is not None:
        return Bump(part=Part.MAJOR, why=broken)
    if confirmation is not None and confirmation.is_licence and not confirmation.is_better:
        return Bump(part=Part.PATCH, why="shorter, and no worse on held-out cases: no gain")
    if confirmation is None or not confirmation.is_better or confirmation.low is None:
        return Bump(part=Part.PATCH, why="unverified: no held-out test confirmed a gain")
    if cosmetic:
        return Bump(part=Part.PATCH, why="the change leaves the meaning alone")
    points = 100 * confirmation.low
    part = Part(rules.version_bump_type(points))
    least = {
        Part.MAJOR: f"at least {rules.major_version_min_improvement:g} points are a major version",
        Part.MINOR: f"at least {rules.minor_version_min_improvement:g} points are a minor version",
        Part.PATCH: f"fewer than {rules.minor_version_min_improvement:g} points are a patch",
    }[part]
    return Bump(part=part, why=f"a gain of {points:.1f} points at least on held-out cases; {least}")


def changed_interface(before: str, after: str) -> str | None:
    """Say how what a prompt asks for or promises was changed, or None where it was not."""
    first, second = read(before), read(after)
    old, new = _variables(first), _variables(second)
    if old != new:
        return f"the variables changed: {_difference(old, new)}"
    forms = [_forms(one) for one in (first, second)]
    if forms[0] != forms[1]:
        return f"the form of the answer changed: {_difference(forms[0], forms[1])}"
    return None


def _forms(reading: Reading) -> frozenset[str]:
    """Return what a prompt demands of the form of the answer: `json`, `not xml`."""
    demands = demanded_formats(reading)
    return frozenset(form if wanted else f"not {form}" for form, wanted in demands)


def next_version(parent: str, part: Part, taken: Collection[str] = ()) -> str:
    """Return the version that comes after another, and after those that have its number."""
    major, minor, patch = map(int, parent.split("."))
    while True:
        major, minor, patch = {
            Part.MAJOR: (major + 1, 0, 0),
            Part.MINOR: (major, minor + 1, 0),
            Part.PATCH: (major, minor, patch + 1),
        }[part]
        found = f"{major}.{minor}.{patch}"
        if found not in taken:
            return found


def in_use(versions: Sequence[Version]) -> Version | None:
    """Return the version of a prompt that is in use, or None where there is none."""
    return next((one for one in reversed(versions) if one.state in IN_USE), None)


def advance(
    version: Version, to: VersionState, *, actor: str, reason: str, at: datetime
) -> tuple[Version, Step]:
    """Take a version one step on and return it with the step, for the audit log.

    Raises:
        TransitionError: There is no such step.
    """
    subject = f"{version.prompt_id}@{version.version}"
    if to not in NEXT[version.state]:
        allowed = ", ".join(sorted(NEXT[version.state])) or "none, this state is final"
        raise TransitionError(
            f"version {subject} is {version.state}, it cannot become {to}",
            hint=f"Steps from here: {allowed}.",
        )
    step = Step(
        prompt_id=version.prompt_id,
        version=version.version,
        before=version.state,
        after=to,
        actor=actor,
        reason=reason,
        at=at,
    )
    return replace(version, state=to, changed_at=at), step


def _variables(reading: Reading) -> frozenset[str]:
    return frozenset(variable.name for variable in reading.variables)


def _difference(old: frozenset[str], new: frozenset[str]) -> str:
    """Say what came and what went."""
    gone, come = sorted(old - new), sorted(new - old)
    said = [
        *([f"without {', '.join(gone)}"] if gone else []),
        *([f"with {', '.join(come)}"] if come else []),
    ]
    return "; ".join(said)
