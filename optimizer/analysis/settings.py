"""Settings of the evidence."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.models.settings import Settings


class EvidenceSettings(Settings):
    """What a decision looks at."""

    max_runs: Annotated[int, Field(ge=1)] = 5
    """Newest runs of a variant that are looked at."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Decides everything random."""
