"""Versions of a prompt, and the held-out tests that they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry
from optimizer.models.optimization import CaseResult


class VersionState(StrEnum):
    """What a version of a prompt is."""

    BASELINE = "baseline"
    """Found in a file; nothing was claimed of it."""

    DRAFT = "draft"
    """Unverified: no held-out test speaks for it. It cannot be promoted."""

    CONFIRMED = "confirmed"
    """Held-out tests found it better than a fresh control: it may be promoted."""

    REFUSED = "refused"
    """Held-out tests did not find it better. It cannot be promoted."""

    IN_FORCE = "in_force"
    """The one in use."""

    RETIRED = "retired"
    """Was in use, and another one took its place."""


LICENCES: Mapping[str, frozenset[str]] = {
    "pass_rate": frozenset({"improved"}),
    "tokens": frozenset({"improved", "equivalent", "no worse"}),
}
"""Verdicts that license a promotion, by what the champion was to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One look at the held-out cases: the champion against a control that ran beside it.

    Attributes:
        optimization_id: Whose champion it is.
        prompt_id: The prompt.
        holdout_sha256: Hash of the cases.
        case_sha256s: Hash of each of them, sorted: looks that share a case share alpha.
        seq: How many looks these cases have had, this one included, counted from 1.
        champion_sha256: Hash of the prompt that is held to be better.
        control_sha256: Hash of the prompt it was held against.
        alpha: What p was held against, two-sided: halved with every look.
        verdict: As `VerdictKind` names it.
        objective: What the champion was to be: `pass_rate`, better; `tokens`, shorter and no worse.
        n: Cases that both completed.
        n_control_passed: Tests of the control that passed.
        n_champion_passed: Tests of the champion that passed.
        n_tests: Tests of each.
        p_value: Two-sided, or None.
        estimate: Gain in pass rate, champion minus control; None where there is none.
        low: Lower bound at level 1 - alpha, or None.
        high: Upper bound.
        method: Name of the test and the interval.
        reason: What was concluded, in a sentence.
        looked_at: When, UTC.
        champion_run_id: Its run in the history, or None where not stored.
        control_run_id: Likewise.
    """

    optimization_id: str
    prompt_id: str
    holdout_sha256: str
    case_sha256s: tuple[str, ...] = ()
    seq: int
    champion_sha256: str
    control_sha256: str
    alpha: float
    verdict: str
    objective: str = "pass_rate"
    n: int
    n_control_passed: int
    n_champion_passed: int
    n_tests: int
    p_value: float | None
    estimate: float | None
    low: float | None
    high: float | None
    method: str
    reason: str
    looked_at: datetime
    champion_run_id: str | None = None
    control_run_id: str | None = None

    @property
    def is_better(self) -> bool:
        """Whether the champion is better beyond doubt."""
        return self.verdict == "improved"

    @property
    def is_licence(self) -> bool:
        """Whether the champion may be promoted: it is what it was to be, beyond doubt."""
        return self.verdict in LICENCES.get(self.objective, frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """A confirmation and the results it rests on.

    Attributes:
        confirmation: What was found.
        control: Results of the control, case by case.
        champion: Results of the champion.
    """

    confirmation: Confirmation
    control: tuple[CaseResult, ...]
    champion: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """How a version was made.

    Attributes:
        strategy: As it was asked for or chosen, or None where a person wrote it.
        why_strategy: Why that one, in a sentence, or None.
        engine: own or gepa, or None where nothing was searched.
        proposer: Who proposed the text, or None.
        why: What the proposer said of it, or None.
        rules: Ids of the transforms in it.
        seed: Decided everything random, or None.
        n_spent: Tests the optimization spent.
        budget: Tests it might spend.
        train_ids: Cases that proposers saw.
        validation_ids: Cases that candidates were scored on.
        holdout_ids: Cases of the confirmation.
        source_case_ids: Cases whose content is in the text; later tests leave them out.
        llm_model: Model that proposed, or None.
        cassette_sha256: Hash of the recorded answers, or None.
    """

    strategy: str | None = None
    why_strategy: str | None = None
    engine: str | None = None
    proposer: str | None = None
    why: str | None = None
    rules: tuple[str, ...] = ()
    seed: int | None = None
    n_spent: int | None = None
    budget: int | None = None
    train_ids: tuple[str, ...] = ()
    validation_ids: tuple[str, ...] = ()
    holdout_ids: tuple[str, ...] = ()
    source_case_ids: tuple[str, ...] = ()
    llm_model: str | None = None
    cassette_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a prompt.

    Attributes:
        prompt_id: The prompt.
        version: X.Y.Z.
        seq: Order of making in its prompt, counted from 0.
        parent: The version it was made of, or None for the first.
        prompt_sha256: Hash of the text.
        text: The text.
        workflow_id: The workflow it is part of, or None.
        state: What it is.
        bump: major, minor or patch, or None for the first.
        why_bump: Why, in a sentence, or None.
        optimization_id: The optimization that made it, or None.
        confirmation: The held-out tests it rests on, or None.
        lineage: How it was made.
        lint_before: Rules that found something in its parent, with how often: `P004 x2`.
        lint_after: The same of itself.
        created_at: When, UTC.
        changed_at: When its state last changed, UTC.
    """

    prompt_id: str
    version: str
    seq: int
    parent: str | None
    prompt_sha256: str
    text: str
    workflow_id: str | None
    state: VersionState
    bump: str | None
    why_bump: str | None
    optimization_id: str | None
    confirmation: Confirmation | None
    lineage: Lineage
    lint_before: tuple[str, ...]
    lint_after: tuple[str, ...]
    created_at: datetime
    changed_at: datetime


class PieceKind(StrEnum):
    """What became of a stretch of a prompt from one version to another."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one or both of two texts.

    Attributes:
        kind: Whether it stands in the first text, in the second or in both.
        text: The stretch.
    """

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """Two versions side by side.

    Attributes:
        before: The one.
        after: The other.
        pieces: What was kept, removed and added, in order: kept and removed pieces are the text
            of the one, kept and added ones that of the other.
    """

    before: Version
    after: Version
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMoved:
    """What a command did to a version.

    Attributes:
        version: The version as it is now.
        text: What happened, in a sentence without its stop.
        retired: The version whose place it took, or None.
        path: The file that was written, or None where none was.
        actor: Who did it.
        why: Why; empty where nobody said.
    """

    version: Version
    text: str
    retired: str | None
    path: str | None
    actor: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """One version with what a reader needs beside it.

    Attributes:
        version: The version.
        diff: Against the version it was made of; None for the first.
        in_use: The version of the prompt that is in use, or None.
        is_high_quality: Whether the published rule would use it without a look: sure enough and
            large enough, by the lower bound of the confirmed gain; None where nothing is confirmed.
    """

    version: Version
    diff: VersionDiff | None
    in_use: str | None
    is_high_quality: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLog:
    """The versions of one prompt, and every step of theirs.

    Attributes:
        versions: The versions, oldest first.
        steps: What the audit log says of them, newest last.
    """

    versions: tuple[Version, ...]
    steps: tuple[AuditEntry, ...]
