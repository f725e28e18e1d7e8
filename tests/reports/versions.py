"""Versions of prompts: listed, shown, side by side, logged, put in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from optimizer.models.decisions import AuditEntry
from optimizer.models.versions import (
    Confirmation,
    Lineage,
    Piece,
    PieceKind,
    Version,
    VersionDiff,
    VersionMoved,
    VersionPage,
    VersionState,
)
from reports.gallery.prompt_diff import prompt_diff
from reports.gallery.prompt_list import prompt_list
from reports.gallery.prompt_log import prompt_log
from reports.gallery.prompt_moved import prompt_moved
from reports.gallery.prompt_version import prompt_version

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "prompts/triage.md"

LOOK = Confirmation(
    optimization_id="0a1b2c3d",
    prompt_id=ID,
    holdout_sha256="e" * 64,
    seq=2,
    champion_sha256="b" * 64,
    control_sha256="a" * 64,
    alpha=0.025,
    verdict="improved",
    n=18,
    n_control_passed=9,
    n_champion_passed=17,
    n_tests=18,
    p_value=0.0039,
    estimate=8 / 18,
    low=0.152,
    high=0.671,
    method="McNemar mid-p, Tango score interval",
    reason="better than the prompt in use (17 of 18 held-out tests passed with the new prompt, 9 "
    "with the one in use; 8 cases got better, 0 worse)",
    looked_at=NOON + timedelta(hours=1),
)

FIRST = Version(
    prompt_id=ID,
    version="1.0.0",
    seq=0,
    parent=None,
    prompt_sha256="a" * 64,
    text="Sort the mail.\n\n{mail}\n",
    workflow_id="support",
    state=VersionState.RETIRED,
    bump=None,
    why_bump=None,
    optimization_id=None,
    confirmation=None,
    lineage=Lineage(),
    lint_before=(),
    lint_after=("P010 x2",),
    created_at=NOON,
    changed_at=NOON + timedelta(hours=2),
)

SECOND = replace(
    FIRST,
    version="1.1.0",
    seq=1,
    parent="1.0.0",
    prompt_sha256="b" * 64,
    text="Sort the mail below by its kind.\n\n- bill\n- question\n\n{mail}\n",
    state=VersionState.IN_FORCE,
    bump="minor",
    why_bump="a gain of 15.2 points at least on held-out cases",
    optimization_id="0a1b2c3d",
    confirmation=LOOK,
    lineage=Lineage(
        strategy="llm_guided",
        why_strategy="wrong content leads the failures",
        engine="own",
        proposer="few_shot",
        why="shows two mails that pass",
        rules=("R06", "R10"),
        seed=7,
        n_spent=214,
        budget=300,
        train_ids=("c1", "c2", "c3"),
        validation_ids=("c4", "c5"),
        holdout_ids=tuple(f"h{i}" for i in range(18)),
        source_case_ids=("c1", "c3"),
        llm_model="small-1",
        cassette_sha256="c" * 64,
    ),
    lint_before=("P010 x2",),
    lint_after=(),
)
DRAFT = replace(
    SECOND, version="1.0.1", seq=2, state=VersionState.DRAFT, confirmation=None, bump="patch"
)
REFUSED = replace(
    SECOND,
    version="1.0.2",
    seq=3,
    state=VersionState.REFUSED,
    bump="patch",
    confirmation=replace(
        LOOK,
        seq=1,
        verdict="inconclusive",
        estimate=None,
        low=None,
        high=None,
        p_value=None,
        reason="no verdict: 6 of 18 pairs of held-out tests failed for reasons other than the "
        "prompt",
    ),
)
WAITING = replace(SECOND, prompt_id="app.yml#/nodes/2", state=VersionState.CONFIRMED)
FOUND = replace(FIRST, prompt_id="app.yml#/nodes/2", state=VersionState.BASELINE, workflow_id=None)

PIECES = tuple(
    Piece(kind=kind, text=text)
    for kind, text in (
        (PieceKind.KEPT, "Sort the mail"),
        (PieceKind.ADDED, " below by its kind"),
        (PieceKind.KEPT, ".\n\n"),
        (PieceKind.REMOVED, "Be brief.\n"),
        (PieceKind.ADDED, "- bill\n- question\n"),
        (PieceKind.KEPT, "\n{mail} [-not ours-]\n"),
    )
)
DIFF = VersionDiff(before=FIRST, after=SECOND, pieces=PIECES)

MOVED = VersionMoved(
    version=SECOND,
    text="1.1.0 is in force in place of 1.0.0",
    retired="1.0.0",
    path=ID,
    actor="ann",
    why="agrees with what users say",
)

ENTRY = AuditEntry(
    seq=3,
    logged_at=NOON,
    actor="ann",
    action="prompt.moved",
    subject=ID,
    detail='{"from":"confirmed","reason":"as users say","to":"in_force","version":"1.1.0"}',
    previous_hash="0" * 64,
    hash="1" * 64,
)


def page(version: Version, diff: VersionDiff | None = None, **more: bool | None) -> VersionPage:
    rule = more.get("is_high_quality")
    return VersionPage(version=version, diff=diff, in_use="1.1.0", is_high_quality=rule)


CASES = {
    "prompt_list": (prompt_list, [(FIRST, SECOND, FOUND, WAITING)]),
    "prompt_list-empty": (prompt_list, [()]),
    "prompt_version": (prompt_version, [page(SECOND, DIFF, is_high_quality=True)]),
    "prompt_version-empty": (prompt_version, [page(replace(FOUND, lint_after=()))]),
    "prompt_version-draft": (prompt_version, [page(DRAFT, replace(DIFF, after=DRAFT))]),
    "prompt_version-refused": (prompt_version, [page(REFUSED, replace(DIFF, after=REFUSED))]),
    "prompt_diff": (prompt_diff, [DIFF]),
    "prompt_diff-empty": (prompt_diff, [VersionDiff(before=FIRST, after=FIRST, pieces=())]),
    "prompt_log": (prompt_log, [ID, (FIRST, SECOND, DRAFT, REFUSED), (ENTRY,)]),
    "prompt_log-empty": (prompt_log, [ID, (), ()]),
    "prompt_moved": (prompt_moved, [MOVED]),
    "prompt_moved-empty": (prompt_moved, [replace(MOVED, retired=None, path=None, why="")]),
}
