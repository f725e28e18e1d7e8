"""What every strategy is given and must give back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

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


@runtime_checkable
class StudiedStrategy(Protocol):
    """A strategy with a slow half: what it measures is stored and read by `propose`.

    The study of a workflow is kept until its runs or the strategy's settings change, so that a
    decision need not wait for a replay or a fit that was done before.
    """

    study_type: ClassVar[type[Any]]

    def study(self, evidence: Evidence) -> Any:
        """Measure what takes long; a record of `study_type`, or None where there is nothing."""
        ...


@runtime_checkable
class ForesightedStrategy(StudiedStrategy, Protocol):
    """A strategy whose studies of many workflows begin with one look at all of them.

    What the look says of a workflow does not depend on the others: together it takes less time.
    """

    def first_looks(self, found: Sequence[Evidence]) -> Sequence[Any]:
        """Return what `study` takes as its `look`, for each workflow."""
        ...

    def study(self, evidence: Evidence, look: Any = None) -> Any:
        """Measure what takes long, after a look; None: nobody has looked yet."""
        ...
