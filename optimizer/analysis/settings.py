"""Settings of the evidence."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.models.settings import Settings


class EvidenceSettings(Settings):
    """What a decision looks at."""

    max_runs: Annotated[int, Field(ge=1)] = 5
    """Newest runs of a variant that are looked at."""

    max_requests: Annotated[int, Field(ge=1)] = 2000
    """Newest tasks of a workflow that are replayed as a trace."""

    max_texts: Annotated[int, Field(ge=0)] = 500
    """Newest of those whose inputs are compared as texts, for near-duplicates; 0 for none."""

    max_points: Annotated[int, Field(ge=1)] = 50
    """Newest runs of a variant that are looked at as a series."""

    max_decisions: Annotated[int, Field(ge=0)] = 50
    """Newest earlier decisions on a workflow that are looked at."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Decides everything random."""
