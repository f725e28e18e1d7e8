"""From stored requests to what a replay of them says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from optimizer.analysis.evidence import require_workflow
from optimizer.analysis.settings import EvidenceSettings
from optimizer.config.tree import Config
from optimizer.history.queries.evidence import requests
from optimizer.history.store import History
from optimizer.strategies.caching import Caching, CachingSettings

if TYPE_CHECKING:
    from optimizer.models.requests import Requests


def stored_requests(
    history: History, workflow_id: str, *, as_of: datetime | None, settings: EvidenceSettings
) -> Requests:
    """Return the newest tasks of a workflow as a trace, with all the texts of their inputs.

    Args:
        history: An open history.
        workflow_id: The workflow.
        as_of: Runs that ended later are not seen; None: all are.
        settings: How many tasks are looked at.

    Raises:
        SelectionError: There is no such workflow, or none of its runs had ended.
    """
    found = requests(
        history,
        workflow_ids=[workflow_id],
        as_of=as_of,
        max_tasks=settings.max_requests,
        max_texts=settings.max_requests,
    )
    if workflow_id not in found:
        require_workflow(history, workflow_id, as_of)
    return found[workflow_id]


def caching_settings(config: Config) -> CachingSettings:
    """Return what is set of the strategy that replays caches."""
    return cast(CachingSettings, config.strategies.of(Caching))
