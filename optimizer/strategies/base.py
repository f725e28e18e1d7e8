"""What every strategy is given and must give back."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer
from optimizer.models.settings import Settings


class Strategy(Protocol):
    """Reads evidence, returns an answer. Holds its settings and nothing else."""

    name: ClassVar[str]
    priority: ClassVar[int]
    settings_type: ClassVar[type[Settings]]

    def __init__(self, settings: Any) -> None: ...

    def propose(self, evidence: Evidence) -> Answer:
        """Return the changes this strategy would make, or why it makes none."""
        ...
