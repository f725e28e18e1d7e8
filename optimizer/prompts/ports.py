"""What a search needs of others: to run tests, to be given drafts, to have them looked over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import OptimizerError
from optimizer.models.optimization import (
    Case,
    CaseResult,
    Draft,
    FailureCluster,
    Refusal,
    Shown,
)


class BudgetExhausted(Exception):  # noqa: N818 - not a fault, an end
    """The next tests would cost more than is left: the search ends with what it has."""


class ExecutorError(OptimizerError):
    """The tests could not be run, or what they gave cannot be trusted."""


class ProposerError(OptimizerError):
    """Whoever proposes cannot go on: the model's service is down, or answers nothing of use."""


class Executor(Protocol):
    """Runs test cases with a prompt."""

    @property
    def fingerprint(self) -> str:
        """What tells this executor from another: results of one are not those of the other."""
        ...

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        """Run each case once and yield results, some at a time, as soon as they are there.

        What was yielded was paid for and is kept, even where an error follows.

        Raises:
            ExecutorError: They could not be run, or a result is missing or there twice.
        """
        ...


class Memory(Protocol):
    """Results that were paid for, kept the moment they came."""

    def recall(
        self, executor: str, prompt_sha256: str, cases: Sequence[Case], *, replicate: int
    ) -> Mapping[str, Recalled]:
        """Return the results that are known, by case id."""
        ...

    def keep(
        self,
        executor: str,
        prompt_sha256: str,
        cases: Sequence[Case],
        results: Sequence[CaseResult],
    ) -> None:
        """Keep results."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A result that is known.

    Attributes:
        result: The result.
        paid_here: Whether this optimization paid for it, in this session or in an earlier one:
            then it counts against the budget once.
    """

    result: CaseResult
    paid_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a proposer is asked with, and all it may know.

    Attributes:
        prompt: The prompt to improve on.
        cluster: The failures to cure; None where none is known.
        failing: Every failure of the train cases with this prompt.
        passing: Train cases that pass and must go on passing.
        refused: Drafts made of this or another prompt that were turned down, newest last.
        seed: Decides everything random.
    """

    prompt: str
    cluster: FailureCluster | None
    failing: tuple[Shown, ...]
    passing: tuple[Shown, ...]
    refused: tuple[Refusal, ...]
    seed: int


class Proposer(Protocol):
    """Proposes prompts."""

    @property
    def name(self) -> str:
        """Return what it is called in a version's history."""
        ...

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return drafts, the most promising first; none where it has no idea.

        Raises:
            ProposerError: It cannot go on.
        """
        ...


Guard = Callable[[Draft, str], str | None]
"""Says why a draft made of a prompt may not be tested, or None where it may."""
