"""Drafts by rule: the transforms of a strategy, and a contract where the form failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.models.contract import OptimizationStrategy
from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Draft
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.transforms.base import Lessons, Transform
from optimizer.promptcheck.transforms.contract import OutputContract
from optimizer.promptcheck.transforms.delimiters import Delimiters
from optimizer.promptcheck.transforms.repetition import Repetition
from optimizer.promptcheck.transforms.rewriting import REWRITES, WITHOUT_MODEL, run
from optimizer.promptcheck.transforms.sections import Sections
from optimizer.prompts.ports import Ask
from optimizer.prompts.search.diagnosis import is_of_form
from optimizer.prompts.search.expectations import Expectations, expectations

MAX_DRAFTS = 2
"""Drafts at a time: what is not tested is proposed again at the next ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Transforms that make one draft, and what they are for."""

    transforms: tuple[Transform, ...]
    why: str


class RuleProposer:
    """Proposes what the transforms make of a prompt; the same asks give the same drafts.

    It remembers what it proposed, and never proposes a text again.
    """

    name = "rules"

    def __init__(
        self,
        strategy: OptimizationStrategy = OptimizationStrategy.STRUCTURE_FOCUS,
        *,
        settings: TransformSettings | None = None,
        max_drafts: int = MAX_DRAFTS,
    ) -> None:
        self._strategy = WITHOUT_MODEL.get(strategy, strategy)
        self._settings = settings or TransformSettings()
        self._max_drafts = max_drafts
        self._proposed: set[str] = set()

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return the next drafts, the most promising first; none where the rules are used up."""
        known = {ask.prompt, *(refusal.draft.text for refusal in ask.refused), *self._proposed}
        drafts: list[Draft] = []
        expected = expectations((*ask.failing, *ask.passing))
        lessons = _lessons(ask, expected)
        for recipe in self._recipes(is_format_failure(ask)):
            made = run(recipe.transforms, ask.prompt, lessons)
            if made.text not in known and len(drafts) < self._max_drafts:
                known.add(made.text)
                drafts.append(
                    Draft(text=made.text, proposer=self.name, why=recipe.why, rules=made.rules)
                )
        self._proposed.update(draft.text for draft in drafts)
        return drafts

    def _recipes(self, form_failed: bool) -> Iterator[Recipe]:
        """Yield what to try: a cure of the form, the strategy as a whole, its parts, the rest."""
        settings = self._settings
        makers = REWRITES.get(self._strategy, REWRITES[OptimizationStrategy.STRUCTURE_FOCUS])
        whole = tuple(make(settings) for make in makers)
        if form_failed:
            yield Recipe(
                transforms=(OutputContract(settings),),
                why="says how to answer, because answers failed for their form",
            )
        yield Recipe(transforms=whole, why=f"rewrites the prompt by {self._strategy.value}")
        rest = (Delimiters(settings), Sections(settings), Repetition(settings))
        for transform in (*whole, *rest):
            page = transform.page
            yield Recipe(transforms=(transform,), why=f"{page.transform_id} {page.name}")


def is_format_failure(ask: Ask) -> bool:
    """Tell whether the failures to cure are about the form of the answer."""
    return ask.cluster is not None and is_of_form(ask.cluster)


def _lessons(ask: Ask, expected: Expectations) -> Lessons:
    n = len(ask.cluster.failures) if ask.cluster and is_format_failure(ask) else 0
    return Lessons(n_format_failures=n, labels=expected.labels, fields=expected.fields)
