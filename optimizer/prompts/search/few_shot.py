"""Proposes a prompt with examples, taken of the train cases: a few random sets, judged by tests.

Which examples, and in which order, matters more than how many, and more are not always better; so
sets of several sizes are drawn, and only validation tells which of them helps.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

from optimizer.models.optimization import Draft, Shown
from optimizer.promptcheck.tokens import CHARS_PER_TOKEN
from optimizer.prompts.ports import Ask
from optimizer.prompts.search.examples import with_examples
from optimizer.prompts.search.settings import FewShotSettings
from optimizer.prompts.search.shots import LABEL_CHARS, Shot, shot, without_likes

Render = Callable[[str, Sequence[Shot]], str | None]
"""Puts examples into a prompt; None where it cannot."""


class FewShotProposer:
    """Proposes examples."""

    def __init__(
        self,
        render: Render = with_examples,
        settings: FewShotSettings | None = None,
        *,
        name: str = "few_shot",
    ) -> None:
        self.name = name
        self._render = render
        self._settings = settings or FewShotSettings()
        self._n_drawn: Counter[str] = Counter()

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return the prompt with one set of examples; nothing once enough sets were drawn."""
        self._n_drawn[ask.prompt] += 1
        if self._n_drawn[ask.prompt] > self._settings.max_sets:
            return ()
        chance = random.Random(ask.seed)
        chosen = self._chosen(ask, chance)
        text = self._render(ask.prompt, chosen) if chosen else None
        if text is None:
            return ()
        return (
            Draft(
                text=text,
                proposer=self.name,
                why=f"shows {_counted(len(chosen))}: {', '.join(one.case_id for one in chosen)}",
                rules=("R10",),
                source_case_ids=tuple(one.case_id for one in chosen),
            ),
        )

    def _chosen(self, ask: Ask, chance: random.Random) -> list[Shot]:
        """Return a set of examples in a random order."""
        n = chance.choice(self._settings.sizes)
        candidates = without_likes(
            _varied(self._candidates(ask, chance)), max_similarity=self._settings.max_similarity
        )
        room = self._settings.max_tokens * CHARS_PER_TOKEN
        chosen: list[Shot] = []
        for one in candidates:
            if len(chosen) < n and one.n_chars <= room:
                chosen.append(one)
                room -= one.n_chars
        chance.shuffle(chosen)
        return chosen

    def _candidates(self, ask: Ask, chance: random.Random) -> list[Shot]:
        """Return what may be shown: what passes, then failures of this kind, then the others."""
        failures = ask.cluster.failures if ask.cluster else ()
        of_cluster = {shown.case.case_id for shown in failures}
        others = [shown for shown in ask.failing if shown.case.case_id not in of_cluster]
        groups: list[Sequence[Shown]] = [ask.passing]
        if self._settings.use_expected:
            groups += [failures, others]
        found = []
        for group in groups:
            shots = [one for one in map(shot, group) if one is not None]
            found += chance.sample(shots, len(shots))
        return found


def _varied(shots: Sequence[Shot]) -> list[Shot]:
    """Return shots so that each label comes once before any comes twice."""
    n_seen: Counter[str] = Counter()
    turns = []
    for one in shots:
        label = one.answer.casefold() if len(one.answer) <= LABEL_CHARS else one.case_id
        turns.append(n_seen[label])
        n_seen[label] += 1
    return [shots[i] for i in sorted(range(len(shots)), key=lambda i: turns[i])]


def _counted(n: int) -> str:
    return "1 example" if n == 1 else f"{n} examples"
