"""What else a user might search with: hill climbing on textual feedback, and blind trying."""

from __future__ import annotations

import random
from collections.abc import Sequence

from optimizer.models.optimization import (
    Candidate,
    Case,
    Draft,
    FailureCluster,
    Refusal,
    Searched,
    Shown,
)
from optimizer.prompts.ports import Ask, BudgetExhausted
from optimizer.prompts.search.base import SearchTask

FEEDBACK_CASES = 3
"""Train cases that a step of the climb looks at, as many as gepa does."""

BLIND_STEPS = 8
"""Lines that a blind try adds at most."""

IDLE = 50
"""Steps in a row without a new test after which a search ends."""


class HillClimb:
    """Improves on the latest prompt by feedback on a few cases, unless validation gets worse."""

    name = "hill-climb"

    def search(self, task: SearchTask) -> Searched:
        """Search until the budget is spent."""
        pool = Pool(task)
        best = pool.tested(task.seed_prompt, None, None)
        while best and not pool.is_over:
            cases = pool.rng.sample(task.split.train, min(FEEDBACK_CASES, len(task.split.train)))
            draft = pool.drafted(best.text, pool.shown(best.text, cases))
            tried = pool.tested(draft.text, draft, best.sha256) if draft else None
            if tried and tried.n_passed >= best.n_passed:
                best = tried
        return pool.searched(best)


class RandomSearch:
    """Adds lines to the seed without looking at any failure, and keeps the best on validation."""

    name = "random"

    def search(self, task: SearchTask) -> Searched:
        """Search until the budget is spent."""
        pool = Pool(task)
        pool.tested(task.seed_prompt, None, None)
        while not pool.is_over:
            text, draft = task.seed_prompt, None
            for _ in range(pool.rng.randint(1, BLIND_STEPS)):
                draft = pool.drafted(text, ()) or draft
                text = draft.text if draft else text
            if draft:
                pool.tested(text, draft, None)
        return pool.searched(None)


class Pool:
    """Prompts that were tested, and the end of the search."""

    def __init__(self, task: SearchTask) -> None:
        self.rng = random.Random(task.seed)
        self._task = task
        self._tested: dict[str, Candidate] = {}
        self._refused: list[Refusal] = []
        self._rounds = 0
        self._idle = 0
        self._stopped: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the search has ended."""
        return self._stopped is not None

    def tested(self, text: str, draft: Draft | None, parent: str | None) -> Candidate | None:
        """Return a prompt with its validation score, or None where the budget is spent."""
        results = self._run(text, self._task.split.validation)
        if results is None:
            return None
        self._tested[text] = Candidate(
            text=text,
            draft=draft,
            parent_sha256=parent,
            n=len(results),
            n_passed=sum(one.result.passed for one in results),
        )
        return self._tested[text]

    def shown(self, text: str, cases: Sequence[Case]) -> Sequence[Shown]:
        """Return cases with what became of them; none where the budget is spent."""
        return self._run(text, cases) or ()

    def drafted(self, text: str, shown: Sequence[Shown]) -> Draft | None:
        """Return what the proposer makes of a prompt, or None where the guard refuses it."""
        self._rounds += 1
        failing = tuple(one for one in shown if not one.result.passed)
        message = failing[0].result.error_message or "" if failing else ""
        ask = Ask(
            prompt=text,
            cluster=FailureCluster(signature=message, failures=failing[:1]) if failing else None,
            failing=failing,
            passing=tuple(one for one in shown if one.result.passed),
            refused=tuple(self._refused),
            seed=self.rng.getrandbits(32),
        )
        for draft in self._task.proposers[0].propose(ask):
            reason = self._task.guard(draft, text)
            if reason is None:
                return draft
            self._refused.append(Refusal(draft=draft, reason=reason))
        return None

    def searched(self, best: Candidate | None) -> Searched:
        """Return what was found; the earlier of two that pass as many cases is the better."""
        ranked = sorted(self._tested.values(), key=lambda one: -one.n_passed)
        if best:
            ranked = [best, *(one for one in ranked if one is not best)]
        return Searched(
            candidates=tuple(ranked),
            refused=tuple(self._refused),
            n_rounds=self._rounds,
            stopped=self._stopped or "",
        )

    def _run(self, text: str, cases: Sequence[Case]) -> Sequence[Shown] | None:
        spent = self._task.meter.n_spent
        try:
            results = self._task.meter.run(text, cases)
        except BudgetExhausted:
            self._stopped = "the budget is spent"
            return None
        self._idle = 0 if self._task.meter.n_spent > spent else self._idle + 1
        if self._idle > IDLE:
            self._stopped = f"nothing new to test in {IDLE} steps"
        pairs = zip(cases, results, strict=True)
        return [Shown(case=case, result=result) for case, result in pairs]
