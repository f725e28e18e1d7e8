"""Optimizations: planned, waiting, confirmed, refused, cut short, drafts only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from optimizer.models.optimization import Candidate, Case, Draft, Refusal, Searched, Split
from optimizer.models.optimization_run import (
    ClusterCount,
    ModelUse,
    OptimizationRun,
    OptimizationStatus,
    Rewriting,
    WantedTests,
)
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import (
    Confirmation,
    HeldOut,
    Lineage,
    Piece,
    PieceKind,
    Version,
    VersionState,
)
from reports.gallery.optimization import optimization

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "prompts/triage.md"
RULES = "".join(f"- Rule {i} of the house.\n" for i in range(1, 13))
OLD = f"Sort the mail. Be brief.\n\n{RULES}\n{{mail}}\n"
NEW = f"Sort the mail. Answer with one word.\n\n{RULES}\n{{mail}}\n"
PIECES = tuple(
    Piece(kind=kind, text=text)
    for kind, text in (
        (PieceKind.KEPT, "Sort the mail."),
        (PieceKind.REMOVED, " Be brief"),
        (PieceKind.ADDED, " Answer with one word"),
        (PieceKind.KEPT, f".\n\n{RULES}\n{{mail}}\n"),
    )
)
REWRITING = Rewriting(sha256=text_sha256(NEW), pieces=PIECES)


def cases(name: str, n: int) -> tuple[Case, ...]:
    return tuple(Case(case_id=f"{name}{i}", body="{}") for i in range(n))


SPLIT = Split(
    train=cases("t", 24),
    validation=cases("v", 18),
    holdout=cases("h", 18),
    reason="60 cases: 24 train, 18 validate, 18 held out",
)
FEW = Split(
    train=(),
    validation=(),
    holdout=(),
    reason="not enough tests to search: 12 of 20 cases; drafts only",
)
FORM = "says how to answer, because answers failed for their form"
DRAFT = Draft(text=NEW, proposer="rules", why=FORM, rules=("R06",))
LONG_DRAFT = Draft(
    text=f"{OLD}\nThink first.\n",
    proposer="llm small-1",
    why="asks to think before answering, " * 12,
)
USED = Candidate(text=OLD, draft=None, parent_sha256=None, n=18, n_passed=9)
BEST = Candidate(text=NEW, draft=DRAFT, parent_sha256=USED.sha256, n=18, n_passed=17)
FOUND = Searched(
    candidates=(BEST, USED),
    refused=(
        Refusal(draft=LONG_DRAFT, reason="leaves all 2 failures it was tried on as they were"),
        Refusal(draft=LONG_DRAFT, reason="drops the variable {mail}"),
    ),
    n_rounds=7,
    stopped="the budget is spent: 264 of 300 tests, 36 are kept for the confirmation, and to "
    "score a draft takes up to 18",
)
LOOK = Confirmation(
    optimization_id="2f88dda0c85d",
    prompt_id=ID,
    holdout_sha256="e" * 64,
    seq=1,
    champion_sha256=BEST.sha256,
    control_sha256=USED.sha256,
    alpha=0.05,
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
    looked_at=NOON,
)
NOT_SHOWN = replace(
    LOOK,
    seq=2,
    alpha=0.025,
    verdict="inconclusive",
    n_champion_passed=10,
    p_value=0.625,
    estimate=1 / 18,
    low=-0.153,
    high=0.264,
    reason="not shown to be better than the prompt in use (10 of 18 held-out tests passed with the "
    "new prompt, 9 with the one in use; 2 cases got better, 1 worse)",
)
NOT_NO_WORSE = replace(
    NOT_SHOWN,
    objective="tokens",
    reason="not shown to be no worse than the prompt in use (10 of 18 held-out tests passed with "
    "the new prompt, 9 with the one in use; 2 cases got better, 1 worse)",
)
NO_WORSE = replace(
    LOOK,
    verdict="no worse",
    objective="tokens",
    n=60,
    n_tests=60,
    n_control_passed=40,
    n_champion_passed=41,
    p_value=0.625,
    estimate=1 / 60,
    low=-0.041,
    high=0.079,
    reason="no worse than the prompt in use, and shorter (41 of 60 held-out tests passed with the "
    "new prompt, 40 with the one in use; 2 cases got better, 1 worse)",
)
MADE = Version(
    prompt_id=ID,
    version="2.0.0",
    seq=1,
    parent="1.0.0",
    prompt_sha256=BEST.sha256,
    text=NEW,
    workflow_id="support",
    state=VersionState.CONFIRMED,
    bump="major",
    why_bump="a gain of 15.2 points at least on held-out cases",
    optimization_id="2f88dda0c85d",
    confirmation=LOOK,
    lineage=Lineage(strategy="structure_focus", proposer="rules", why=FORM),
    lint_before=(),
    lint_after=(),
    created_at=NOON,
    changed_at=NOON,
)
PLAN = (
    ("control", 42),
    ("repeat", 20),
    ("canary", 3),
    ("search", 199),
    ("confirmation", 36),
)


def run(**facts: Any) -> OptimizationRun:
    blank: dict[str, Any] = {
        "optimization_id": "2f88dda0c85d",
        "prompt_id": ID,
        "workflow_id": "support",
        "status": OptimizationStatus.FINISHED,
        "strategy": "structure_focus",
        "why_strategy": "12 of 14 failures are of the answer's form; the most frequent says "
        '"validation: found no label in the answer"',
        "engine": "own",
        "seed": 7,
        "budget": 300,
        "n_spent": 300,
        "n_executed": 300,
        "n_recalled": 38,
        "split": SPLIT,
        "n_cases": 60,
        "plan": PLAN,
        "warnings": (),
        "noise": "1 of 20 cases that were run twice passed once and failed once",
        "flaky_ids": ("t7",),
        "original": OLD,
        "n_control": 18,
        "n_control_passed": 9,
        "clusters": (
            ClusterCount(signature="validation: found no label in the answer", n=12),
            ClusterCount(signature="validation: expected <q>, found <q>", n=2),
        ),
        "searched": FOUND,
        "drafts": (),
        "questions": (),
        "held_out": None,
        "why_not_confirmed": None,
        "versions": (),
        "promoted": False,
        "cost_usd": 3.0,
        "n_priced": 300,
        "model_use": None,
        "wanted": None,
        "stopped": FOUND.stopped,
        "rewritings": (REWRITING,),
    }
    return OptimizationRun(**(blank | facts))


NOTHING_YET: dict[str, Any] = {
    "n_spent": 0,
    "n_executed": 0,
    "n_recalled": 0,
    "noise": None,
    "flaky_ids": (),
    "n_control": 0,
    "n_control_passed": 0,
    "clusters": (),
    "searched": None,
    "cost_usd": None,
    "n_priced": 0,
    "rewritings": (),
    "engine": None,
}
PLANNED = run(
    **NOTHING_YET,
    optimization_id="",
    status=OptimizationStatus.PLANNED,
    strategy="auto",
    why_strategy="asked for",
    stopped="nothing was run",
)
SHOWING = Candidate(
    text=f"{OLD}\nMail: Pay up.\nKind: bill\n",
    draft=Draft(text="", proposer="few_shot", why="shows 1 example: t3", source_case_ids=("t3",)),
    parent_sha256=USED.sha256,
    n=18,
    n_passed=12,
)
CONFIRMED = run(
    searched=replace(
        FOUND, candidates=(replace(BEST, parent_sha256=SHOWING.sha256), SHOWING, USED)
    ),
    held_out=HeldOut(confirmation=LOOK, control=(), champion=()),
    versions=(MADE,),
    model_use=ModelUse(model="small-1", n_answers=6, tokens=8123, cost_usd=0.0123),
    n_executed=180,
)
NONE_BETTER = "no prompt that was tested passes more validation cases than the one in use"
DEAD = (
    "nothing more could be proposed: llm: 127.0.0.1:9: no answer after 4 "
    "attempts: connection refused"
)
TOLD_NOTHING = "by the static scores of the text, as no test tells more"
DRAFTS = run(
    **NOTHING_YET
    | {"rewritings": (REWRITING, Rewriting(sha256=text_sha256(LONG_DRAFT.text), pieces=()))},
    split=None,
    n_cases=0,
    plan=(),
    why_strategy=TOLD_NOTHING,
    drafts=(DRAFT, LONG_DRAFT),
    versions=(
        replace(MADE, version="1.0.1", state=VersionState.DRAFT, confirmation=None),
        replace(
            MADE,
            version="1.1.0",
            state=VersionState.DRAFT,
            confirmation=None,
            text=LONG_DRAFT.text,
        ),
    ),
    questions=("Rule 3 and rule 9 contradict each other: which one holds?",),
    model_use=ModelUse(model="small-1", n_answers=1, tokens=None, cost_usd=None),
    stopped="nobody was named who runs tests",
)
REFUSED = replace(
    CONFIRMED,
    held_out=HeldOut(confirmation=NOT_SHOWN, control=(), champion=()),
    versions=(replace(MADE, version="1.0.1", state=VersionState.REFUSED, confirmation=NOT_SHOWN),),
    model_use=None,
)
SHORT = "Sort the mail.\n\n{mail}\n"
SHORTER = Candidate(
    text=SHORT,
    draft=Draft(text=SHORT, proposer="rules", why="R04 filler", rules=("R04",)),
    parent_sha256=USED.sha256,
    n=18,
    n_passed=9,
)

SHORTER_RUN = replace(
    REFUSED,
    strategy="efficiency_focus",
    why_strategy="asked for",
    is_for_tokens=True,
    searched=replace(FOUND, candidates=(SHORTER, USED), refused=()),
    rewritings=(
        Rewriting(
            sha256=text_sha256(SHORT),
            pieces=(
                Piece(kind=PieceKind.KEPT, text="Sort the mail."),
                Piece(kind=PieceKind.REMOVED, text=f" Be brief.\n\n{RULES}"),
                Piece(kind=PieceKind.KEPT, text="\n{mail}\n"),
            ),
        ),
    ),
    versions=(
        replace(
            MADE,
            version="1.0.1",
            state=VersionState.REFUSED,
            text=SHORT,
            prompt_sha256=text_sha256(SHORT),
            confirmation=NOT_NO_WORSE,
        ),
    ),
    held_out=HeldOut(confirmation=NOT_NO_WORSE, control=(), champion=()),
    cost_usd=None,
)

RUNS = {
    "optimization": CONFIRMED,
    "optimization-promoted": replace(
        CONFIRMED, promoted=True, versions=(replace(MADE, state=VersionState.IN_FORCE),)
    ),
    "optimization-planned": PLANNED,
    "optimization-small-budget": replace(
        PLANNED,
        budget=60,
        plan=(*PLAN[:3], ("search", 0), PLAN[-1]),
        warnings=(
            "budget too small for a single round: 60 of 119 tests; 155 would do for 3 rounds",
            "not enough held-out cases: 5 of 6; whatever is found cannot be confirmed",
        ),
    ),
    "optimization-planned-too-few": replace(
        PLANNED, split=FEW, n_cases=12, plan=(), warnings=(FEW.reason,)
    ),
    "optimization-waiting": replace(
        run(**NOTHING_YET | {"n_spent": 42, "n_control": 18, "n_control_passed": 9}),
        status=OptimizationStatus.WAITING,
        stopped="20 tests are wanted",
        wanted=WantedTests(
            folder="wanted",
            prompt_file="prompt-003.md",
            cases_file="cases-003.json",
            results_file="results-003.json",
            n=20,
            step=3,
        ),
    ),
    "optimization-refused": REFUSED,
    "optimization-unconfirmable": run(
        why_not_confirmed="not enough held-out cases: 5 of 6",
        warnings=("not enough held-out cases: 5 of 6; whatever is found cannot be confirmed",),
    ),
    "optimization-none-better": run(
        searched=replace(FOUND, candidates=(USED,), stopped="nobody proposes anything new"),
        why_not_confirmed=NONE_BETTER,
        stopped="nobody proposes anything new",
        rewritings=(),
    ),
    "optimization-as-good": run(
        searched=replace(FOUND, candidates=(replace(BEST, n_passed=9), USED)),
        why_not_confirmed=NONE_BETTER,
    ),
    "optimization-dead-model": run(
        status=OptimizationStatus.STOPPED,
        searched=replace(FOUND, candidates=(USED,), refused=(), stopped=DEAD, is_cut_short=True),
        why_not_confirmed=NONE_BETTER,
        stopped=DEAD,
        rewritings=(),
        n_spent=65,
        n_executed=65,
        model_use=ModelUse(model="small-1", n_answers=0, tokens=0, cost_usd=None),
    ),
    "optimization-out-of-budget": replace(
        run(**NOTHING_YET | {"n_spent": 42, "n_executed": 42}),
        status=OptimizationStatus.STOPPED,
        budget=50,
        stopped="the budget of 50 tests ended before the search, which begins from 119 on",
    ),
    "optimization-drafts": DRAFTS,
    "optimization-drafts-too-few": replace(
        DRAFTS,
        n_cases=12,
        drafts=DRAFTS.drafts[:1],
        versions=DRAFTS.versions[:1],
        model_use=None,
        questions=(),
        stopped=FEW.reason,
    ),
    "optimization-no-drafts": replace(
        DRAFTS,
        drafts=(),
        versions=(),
        rewritings=(),
        model_use=None,
        questions=(),
        stopped=f"nothing to rewrite was found; {DRAFTS.stopped}",
    ),
    "optimization-shorter": SHORTER_RUN,
    "optimization-no-worse": replace(
        SHORTER_RUN,
        held_out=HeldOut(confirmation=NO_WORSE, control=(), champion=()),
        versions=(
            replace(SHORTER_RUN.versions[0], state=VersionState.CONFIRMED, confirmation=NO_WORSE),
        ),
    ),
    "optimization-empty": replace(
        run(**NOTHING_YET),
        optimization_id="",
        workflow_id=None,
        status=OptimizationStatus.RUNNING,
        split=None,
        n_cases=0,
        plan=(),
        budget=0,
        original="",
        why_strategy="asked for",
        stopped="under way",
    ),
}
CASES = {name: (optimization, [found]) for name, found in RUNS.items()}
