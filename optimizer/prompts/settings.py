"""Settings of an optimization."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class OptimizeSettings(Settings):
    """How prompts are optimized against the user's own tests."""

    budget: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    """Tests that may be run in all; one test is one case executed once."""

    holdout: Share = 0.3
    """Share of the cases that confirm the champion and that no search sees."""

    min_cases: Annotated[int, Field(ge=4)] = 20
    """Fewer cases are not enough to search: then drafts only."""

    many_cases: Annotated[int, Field(ge=8)] = 60
    """From as many cases on, validation gets three sevenths of what the holdout leaves."""

    replicates: Annotated[int, Field(ge=1, le=100)] = 1
    """How often each held-out case is run with each of the two prompts."""

    alpha: Share = 0.05
    """Two-sided false-alarm rate of the confirmation."""

    confirmation_block: Annotated[int, Field(ge=1)] = 5
    """Held-out cases that one prompt runs before it is the other's turn."""

    max_infrastructure_rate: Share = 0.2
    """Share of tests that may fail for reasons other than the prompt before the run is stopped."""

    min_rounds: Annotated[int, Field(ge=1)] = 3
    """A plan with fewer rounds of the search comes with a warning."""

    max_growth: Annotated[float, Field(ge=1)] = 1.5
    """How many times as long as the prompt in use a draft may be."""

    max_growth_tokens: Annotated[int, Field(ge=0)] = 400
    """Estimated tokens (4 characters each) a draft may always add."""

    leak_words: Annotated[int, Field(ge=3)] = 5
    """A draft may not have as many words in a row in common with a train case."""

    max_similarity: Share = 0.9
    """From as much in common with a refused draft on, of what both change, a draft is refused."""

    max_foreign_share: Share = 0.05
    """Share of letters of a script that the prompt in use does not have."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Decides everything random."""
