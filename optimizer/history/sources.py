"""The files that runs came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from optimizer.history.queries import dicts_of
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """A file that runs came from.

    Attributes:
        sha256: Its hash.
        path: As the user named it; None where that was not kept.
        kept: What was kept of it: blob, reference, none or expired.
        n_bytes: Its size.
        n_redacted: Secrets that were blanked.
        ingested_at: When, UTC.
        tool: What read it; None where that is not known.
        first_started_at: When its first run began, UTC; None where that is not known.
        contents: The content hash of each run that is stored from it; None where not known.
    """

    sha256: str
    path: str | None
    kept: str
    n_bytes: int
    n_redacted: int
    ingested_at: datetime
    tool: str | None = None
    first_started_at: datetime | None = None
    contents: Mapping[str, str] | None = None

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that are stored from it; none where they are not known."""
        return tuple(self.contents or ())


def kept_sources(history: History, *, are_runs_known: bool) -> list[KeptSource]:
    """Return the files that stored runs came from, in the order in which they were ingested.

    Args:
        history: The history.
        are_runs_known: Whether the table of runs can be read; otherwise every file is returned.
    """
    sources = dicts_of(history, "kept_sources")
    if not are_runs_known:
        return [KeptSource(**source) for source in sources]
    rows = dicts_of(history, "runs_of_sources")
    runs = {sha256: list(found) for sha256, found in groupby(rows, itemgetter("source_sha256"))}
    known = {source["sha256"] for source in sources}
    lost = [_lost(sha256, found) for sha256, found in runs.items() if sha256 not in known]
    found = [source for source in sources if source["sha256"] in runs]
    return [*(_with_runs(source, runs[source["sha256"]]) for source in found), *lost]


def _with_runs(source: dict[str, Any], runs: list[dict[str, Any]]) -> KeptSource:
    return KeptSource(
        **source,
        tool=runs[0]["tool"],
        first_started_at=min(run["started_at"] for run in runs),
        contents={run["run_id"]: run["content_sha256"] for run in runs},
    )


def _lost(sha256: str, runs: list[dict[str, Any]]) -> KeptSource:
    """Return a file of which nothing is stored but its runs."""
    began = min(run["started_at"] for run in runs)
    source = {
        "sha256": sha256,
        "path": None,
        "kept": "none",
        "n_bytes": 0,
        "n_redacted": 0,
        "ingested_at": began,
    }
    return _with_runs(source, runs)
