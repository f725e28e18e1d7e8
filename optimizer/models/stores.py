"""What is said of a history as a file."""

from __future__ import annotations

from pathlib import Path

from optimizer.models.dataclass import dataclass
from optimizer.models.lifecycle import DecisionStatistics
from optimizer.models.summaries import Reject, WorkflowSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """What a history holds.

    Attributes:
        store: Its file.
        n_bytes: Size of the file.
        schema_version: Version of its tables.
        workflows: What is stored of each workflow, by name.
        rejects: Files that could not be ingested, newest first; the newest 20.
        decisions: How many decisions are in which state, and what came of each strategy's.
    """

    store: Path
    n_bytes: int
    schema_version: int
    workflows: tuple[WorkflowSummary, ...]
    rejects: tuple[Reject, ...]
    decisions: DecisionStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMigrated:
    """A history that has the tables of this program.

    Attributes:
        store: Its file.
        steps: Numbers of the migrations that were applied; empty where it lacked none.
    """

    store: Path
    steps: tuple[int, ...]
