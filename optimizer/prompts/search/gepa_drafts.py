"""What gepa is given to test next: drafts of our proposers that the guard lets through."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from optimizer.models.optimization import Draft, Refusal, Shown
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import Ask, Proposer, ProposerError
from optimizer.prompts.search.base import SearchTask
from optimizer.prompts.search.diagnosis import diagnose

PROMPT = "prompt"
"""The one component that gepa evolves."""

SEED_BITS = 32


class Drafts:
    """Asks proposers in turn, remembers what they gave, and counts their failures."""

    def __init__(self, task: SearchTask, *, max_failures: int) -> None:
        self._task = task
        self._max_failures = max_failures
        self._random = random.Random(task.seed)
        self._waiting = list(task.drafts)
        self._failures: list[ProposerError] = []
        self._defect: BaseException | None = None
        self.origins: dict[str, tuple[Draft, str]] = {}
        self.refused: list[Refusal] = []
        self.n_rounds = 0

    def propose(
        self,
        candidate: Mapping[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:
        """Return a prompt that may be tested, or nothing: then gepa tests nothing."""
        parent = candidate[PROMPT]
        shown = [item["shown"] for item in reflective_dataset[PROMPT]]
        self.n_rounds += 1
        try:
            draft = self._ready(parent) or self._proposed(parent, shown)
        except ProposerError as error:
            self._failures.append(error)
            return {}
        except BaseException as error:
            self._defect = error
            raise
        self._failures.clear()
        if draft is None:
            return {}
        self.origins[draft.text] = (draft, text_sha256(parent))
        return {PROMPT: draft.text}

    def require_proposers(self) -> None:
        """Raise what gepa hides where it calls `propose`.

        Raises:
            ProposerError: Proposers failed too often in a row.
        """
        if self._defect is not None:
            raise self._defect
        if len(self._failures) >= self._max_failures:
            raise self._failures[-1]

    def _ready(self, parent: str) -> Draft | None:
        """Return the next draft that was there before anybody was asked."""
        while self._waiting:
            if draft := self._allowed([self._waiting.pop(0)], parent):
                return draft
        return None

    def _proposed(self, parent: str, shown: Sequence[Shown]) -> Draft | None:
        """Return the first draft that may be tested, of whoever has one."""
        sources, flaky = self._sources(parent), self._task.flaky_ids
        shown = [one for one in shown if one.case.case_id not in sources]
        clusters = diagnose(shown).clusters
        passing = [one for one in shown if one.result.passed and one.case.case_id not in flaky]
        for proposer in self._in_turn():
            ask = Ask(
                prompt=parent,
                cluster=clusters[0] if clusters else None,
                failing=tuple(one for one in shown if not one.result.passed),
                passing=tuple(passing),
                refused=tuple(self.refused),
                seed=self._random.getrandbits(SEED_BITS),
            )
            if draft := self._allowed(proposer.propose(ask), parent):
                return draft
        return None

    def _in_turn(self) -> Sequence[Proposer]:
        proposers = self._task.proposers
        first = self.n_rounds % len(proposers) if proposers else 0
        return (*proposers[first:], *proposers[:first])

    def _sources(self, text: str) -> tuple[str, ...]:
        """Return the cases whose content is in a prompt: they say nothing of it."""
        return self.origins[text][0].source_case_ids if text in self.origins else ()

    def _allowed(self, drafts: Sequence[Draft], parent: str) -> Draft | None:
        for draft in drafts:
            if draft.text in self.origins or draft.text == self._task.seed_prompt:
                continue
            reason = self._task.guard(draft, parent)
            if reason is None:
                sources = {*self._sources(parent), *draft.source_case_ids}
                return replace(draft, source_case_ids=tuple(sorted(sources)))
            self.refused.append(Refusal(draft=draft, reason=reason))
        return None
