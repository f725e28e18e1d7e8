"""The own engine: cure one kind of failure at a time, score what helps on all validation cases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from optimizer.models.optimization import Draft, FailureCluster, Refusal, Searched, Shown
from optimizer.promptcheck.tokens import whole_tokens
from optimizer.prompts.ports import Ask, BudgetExhausted, ProposerError
from optimizer.prompts.search.base import Progress, SearchTask
from optimizer.prompts.search.pool import Pool, Scored
from optimizer.prompts.search.proposing import Panel, Seat
from optimizer.prompts.search.scoring import Scoring, affordable
from optimizer.prompts.search.settings import Objective
from optimizer.prompts.search.symptoms import Symptoms
from optimizer.prompts.search.trials import Trials

SEED_BITS = 32


class ClusterSearch:
    """Asks for cures of the frequent failures of the best prompts, and tests the drafts.

    A round picks the best prompt so far, or now and then another good one, and one kind of its
    train failures: a frequent one more often, one that was tried in vain less often. A draft that
    the guard lets through must cure one of the failures it was made for, or let it fail in another
    way: that takes a few tests and turns down most that do nothing, where a gate on other cases
    throws good ones away. Then it is scored on every validation case, and given up only where it
    cannot become a parent any more.
    """

    name: ClassVar[str] = "own"

    def search(self, task: SearchTask) -> Searched:
        """Return every prompt that was scored on validation, the best first."""
        return _Search(task).run()


class _Search:
    """One search on its way."""

    def __init__(self, task: SearchTask) -> None:
        self._task = task
        self._settings = settings = task.settings
        self._random = random.Random(task.seed)
        self._trials = Trials(task.meter, settings, reserve=task.reserve)
        budget = self._trials.left
        self._train = affordable(task.split.train, budget, settings)
        self._scoring = Scoring(
            trials=self._trials,
            cases=affordable(task.split.validation, budget, settings),
            settings=settings,
        )
        self._symptoms = Symptoms(
            self._trials,
            task.split.train,
            settings,
            self._random,
            n_cases=settings.block if self._is_for_tokens else len(self._train),
            n_scoring=len(self._scoring.cases),
        )
        self._panel = Panel(
            task.proposers, max_idle_asks=settings.max_idle_asks, chance=self._random
        )
        self._pool = Pool(Scored(text=task.seed_prompt), settings)
        self._texts = {task.seed_prompt}
        self._refused: list[Refusal] = []
        self._n_rounds = 0

    def run(self) -> Searched:
        """Search until something ends it, and say what that was."""
        is_cut_short = False
        try:
            stopped = self._search()
        except BudgetExhausted:
            stopped = self._spent()
        except ProposerError as error:
            stopped, is_cut_short = f"nothing more could be proposed: {error}", True
        self._tell(f"ended: {stopped}")
        return Searched(
            candidates=tuple(one.candidate for one in self._pool.ranked),
            refused=tuple(self._refused),
            n_rounds=self._n_rounds,
            stopped=stopped,
            is_cut_short=is_cut_short,
        )

    def _search(self) -> str:
        """Test what is given, then ask for more until nothing is left to do."""
        seed = self._begin()
        for draft in self._task.drafts:
            self._try(draft, seed, None)
        while True:
            self._trials.require(len(self._scoring.cases))
            parent = self._parent()
            shown = self._symptoms.shown(parent)
            if self._is_cured(parent, shown):
                return "every train and validation case passes with the best prompt"
            seat = self._panel.next()
            if seat is None:
                return "nobody proposes anything new"
            self._round(parent, shown, seat)

    def _begin(self) -> Scored:
        """Score the prompt in use, and find its failures."""
        seed = self._scoring.whole(self._pool.best)
        self._pool = Pool(seed, self._settings)
        self._tell(f"the prompt in use passes {_score(seed)}")
        self._trials.run(seed.text, self._train)
        return seed

    def _round(self, parent: Scored, shown: Sequence[Shown], seat: Seat) -> None:
        """Ask one proposer for a cure of one kind of failure, and test what it gives."""
        self._n_rounds += 1
        cluster = self._symptoms.cluster(parent, shown)
        best, n_tested = self._pool.best, 0
        for draft in seat.proposer.propose(self._ask(parent, shown, cluster)):
            n_tested += self._try(draft, parent, cluster)
            if n_tested == self._settings.max_drafts:
                break
        if not n_tested:
            self._tell(f"{seat.proposer.name} proposes nothing new that may be tested")
        seat.note(n_tested=n_tested, is_better=self._pool.best is not best)

    def _parent(self) -> Scored:
        """Return the prompt to improve on."""
        best, *others = self._pool.parents
        if not others or self._random.random() < self._settings.incumbent_share:
            return best
        return self._random.choice(others)

    def _is_cured(self, parent: Scored, shown: Sequence[Shown]) -> bool:
        """Tell whether there is nothing left to gain."""
        is_perfect = parent is self._pool.best and 0 < parent.n == parent.n_passed
        passes = all(one.result.passed for one in shown)
        return is_perfect and passes and not self._is_for_tokens

    @property
    def _is_for_tokens(self) -> bool:
        return self._settings.objective is Objective.TOKENS

    def _ask(self, parent: Scored, shown: Sequence[Shown], cluster: FailureCluster | None) -> Ask:
        steady = [one for one in shown if one.case.case_id not in self._task.flaky_ids]
        return Ask(
            prompt=parent.text,
            cluster=cluster,
            failing=tuple(one for one in shown if not one.result.passed),
            passing=tuple(one for one in steady if one.result.passed),
            refused=tuple(self._refused),
            seed=self._random.getrandbits(SEED_BITS),
        )

    def _try(self, draft: Draft, parent: Scored, cluster: FailureCluster | None) -> bool:
        """Test a draft unless it is known or may not be tested; tell whether it was tested."""
        if draft.text in self._texts:
            return False
        self._texts.add(draft.text)
        sources = tuple(sorted({*parent.sources, *draft.source_case_ids}))
        draft = replace(draft, source_case_ids=sources)
        objection = self._objection(draft, parent)
        if objection is not None:
            self._turn_down(draft, objection)
            return False
        flaw = self._flaw(Scored(text=draft.text, draft=draft, parent=parent.text), parent, cluster)
        if flaw is not None:
            self._turn_down(draft, flaw)
        return True

    def _objection(self, draft: Draft, parent: Scored) -> str | None:
        """Say why a draft may not be tested, or None where it may."""
        if self._is_for_tokens and whole_tokens(draft.text) >= whole_tokens(parent.text):
            return "no shorter than the prompt it was made of"
        return self._task.guard(draft, parent.text)

    def _flaw(self, one: Scored, parent: Scored, cluster: FailureCluster | None) -> str | None:
        """Test a draft; say what is wrong with it, or None where it is as good as its parent."""
        if cluster is not None and not self._is_for_tokens:
            n_same = self._scoring.changes_nothing(one, cluster.failures)
            if n_same:
                return f"leaves all {n_same} failures it was tried on as they were"
        bar = self._pool.bar
        one = self._scoring.promising(one, bar)
        if self._scoring.within_reach(one) < bar:
            return f"given up: it passes {_score(one)}"
        self._pool.add(one)
        self._tell(f"{one.draft.proposer if one.draft else ''}: passes {_score(one)}")
        if one.rate < parent.rate:
            return f"passes {_score(one)}, what it was made of {_score(parent)}"
        return None

    def _turn_down(self, draft: Draft, reason: str) -> None:
        self._refused.append(Refusal(draft=draft, reason=reason))
        self._tell(f"{draft.proposer}: {reason}")

    def _spent(self) -> str:
        """Say how the budget came to its end."""
        meter, reserve = self._task.meter, self._task.reserve
        kept = f", {reserve} are kept for the confirmation" if reserve else ""
        n = len(self._scoring.cases)
        return (
            f"the budget is spent: {meter.n_spent} of {meter.budget} tests{kept}, "
            f"and to score a draft takes up to {n}"
        )

    def _tell(self, event: str) -> None:
        """Report an event to whoever watches."""
        if self._task.watch is None:
            return
        meter, best = self._task.meter, self._pool.best
        self._task.watch(
            Progress(
                round=self._n_rounds,
                n_spent=meter.n_spent,
                budget=meter.budget,
                best_passed=best.n_passed,
                best_n=best.n,
                event=event,
            )
        )


def _score(one: Scored) -> str:
    return f"{one.n_passed} of {one.n} validation cases"
