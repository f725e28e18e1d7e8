"""The prompts that were scored, in order of merit."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Candidate, Draft
from optimizer.models.tasks import text_sha256
from optimizer.promptcheck.tokens import whole_tokens
from optimizer.prompts.search.settings import Objective, SearchSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A prompt with its score on the validation cases.

    Attributes:
        text: The prompt.
        draft: How it came about; None for the prompt that the search began with.
        parent: The prompt it was made of, or None likewise.
        n: Validation results that say something of it.
        n_passed: Those that passed.
    """

    text: str
    draft: Draft | None = None
    parent: str | None = None
    n: int = 0
    n_passed: int = 0

    @property
    def rate(self) -> float:
        """Share that passed, 0 to 1; 0 where nothing is known."""
        return self.n_passed / self.n if self.n else 0.0

    @property
    def sources(self) -> tuple[str, ...]:
        """Cases whose content is in it."""
        return self.draft.source_case_ids if self.draft else ()

    @property
    def candidate(self) -> Candidate:
        """The same as others know it."""
        return Candidate(
            text=self.text,
            draft=self.draft,
            parent_sha256=None if self.parent is None else text_sha256(self.parent),
            n=self.n,
            n_passed=self.n_passed,
        )


class Pool:
    """Scored prompts, the best first.

    Of equals the newer is the better: it was made to cure a failure, and a search that goes on
    from it gets to places that one which stays with the older never sees.
    """

    def __init__(self, seed: Scored, settings: SearchSettings) -> None:
        self._settings = settings
        self._seed = seed
        self.ranked: list[Scored] = [seed]

    def add(self, one: Scored) -> None:
        """Take a prompt in."""
        self.ranked.insert(0, one)
        self.ranked.sort(key=self._merit)

    @property
    def best(self) -> Scored:
        """The best so far."""
        return self.ranked[0]

    @property
    def parents(self) -> Sequence[Scored]:
        """Those that drafts are made of."""
        return self.ranked[: self._settings.n_parents]

    @property
    def bar(self) -> float:
        """Rate below which a prompt has no part in what follows."""
        if self._settings.objective is Objective.TOKENS:
            return self._seed.rate - self._settings.max_loss
        is_full = len(self.ranked) >= self._settings.n_parents
        return self.parents[-1].rate if is_full else 0.0

    def _merit(self, one: Scored) -> tuple[float, ...]:
        if self._settings.objective is Objective.PASS_RATE:
            return (-one.rate,)
        if one.rate < self.bar:
            return (1, -one.rate)
        return (0, whole_tokens(one.text), -one.rate)
