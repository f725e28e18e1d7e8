"""Settings of the search."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from optimizer.models.settings import Field, Settings

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Objective(StrEnum):
    """What makes one prompt better than another."""

    PASS_RATE = "pass_rate"
    """More validation cases pass."""

    TOKENS = "tokens"
    """Fewer estimated tokens, and no fewer validation cases pass than `max_loss` allows."""


class SearchSettings(Settings):
    """How prompts are searched, once cases are split and proposers are known."""

    objective: Objective = Objective.PASS_RATE
    """What is looked for: a higher pass rate, or fewer tokens at the same pass rate."""

    max_loss: Share = 0.0
    """Share of validation cases that a shorter prompt may lose where tokens are the objective."""

    incumbent_share: Share = 0.8
    """How often drafts are made of the best prompt so far rather than of another good one."""

    n_parents: Count = 3
    """How many of the best prompts drafts are made of."""

    max_drafts: Count = 2
    """Drafts of one proposal that are tested at most."""

    max_idle_asks: Count = 12
    """Proposals in a row without a draft to test after which a proposer is asked no more."""

    min_failures: Count = 3
    """Failures of a prompt that are enough to ask for a cure; no more train cases are run then."""

    block: Count = 4
    """Cases run at once before asking whether more are needed."""

    gate_cases: Annotated[int, Field(ge=0)] = 2
    """Failures a draft was made for, one of which must change before it is scored; 0: no gate."""

    max_score_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the tests to spend that one draft may cost; cases beyond it are left out."""

    min_score_cases: Count = 20
    """Validation cases that are always used where there are as many."""

    max_infrastructure_rate: Share = 0.2
    """Share of recent tests that may fail for other reasons than the prompt."""

    infrastructure_window: Count = 20
    """How many recent tests that share is counted over."""

    min_recent: Count = 5
    """Recent tests from which on that share is judged."""


class FewShotSettings(Settings):
    """Which examples are shown."""

    sizes: Annotated[tuple[int, ...], Field(min_length=1)] = (1, 2, 4)
    """How many examples a set has; one of these is drawn."""

    max_sets: Annotated[int, Field(ge=1)] = 8
    """Sets, and orders of them, that are drawn for one prompt."""

    max_tokens: Annotated[int, Field(ge=1)] = 800
    """Estimated tokens (4 characters each) of all examples of a prompt together."""

    max_similarity: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Share of words two examples may have in common."""

    use_expected: bool = True
    """Whether a case that fails may be shown with the answer it expects, after those that pass."""


class ChoosingSettings(Settings):
    """When a strategy is chosen by itself."""

    min_tests: Annotated[int, Field(ge=1)] = 10
    """Tests of the prompt in use that are enough to choose."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Confidence of the intervals; a wrong strategy costs tests, not a wrong promotion."""

    leading_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the failures from which one kind leads."""


class GepaSettings(Settings):
    """What the engine `gepa` does within a round."""

    minibatch: Annotated[int, Field(ge=1)] = 3
    """Train cases that a round looks at, and that a draft must do better on than its parent."""

    max_idle_rounds: Annotated[int, Field(ge=1)] = 60
    """Rounds in a row without a new test after which the search ends."""

    max_proposer_failures: Annotated[int, Field(ge=1)] = 3
    """Times in a row that proposers may fail before the search ends."""
