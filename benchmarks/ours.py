"""The same work done by this program, timed from inside.

    python benchmarks/ours.py ingest FOLDER DATABASE blob|reference
    python benchmarks/ours.py evidence DATABASE WORKFLOW

Both print seconds; imports are not counted, as they are not in the reference.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from executor_bridge import expand, read
from optimizer.analysis.evidence import evidence
from optimizer.analysis.settings import EvidenceSettings
from optimizer.history.settings import RawPolicy, StoreSettings
from optimizer.history.store import read_history
from optimizer.models.ingest import FileStatus, IngestSettings
from optimizer.pipeline.ingest import IngestJob
from optimizer.pipeline.ingest import ingest as ingest_files
from optimizer.scoring_rules import ScoringRules


def ingest(folder: str, database: str, raw: str) -> None:
    """Store every file of a folder."""
    settings = IngestSettings()
    job = IngestJob(
        store=Path(database),
        settings=StoreSettings(raw=RawPolicy(raw)),
        replace=False,
        keep_going=False,
        actor="benchmark",
        now=datetime.now(UTC),
    )
    start = time.perf_counter()
    outcomes = list(ingest_files(expand([folder]), lambda path: read(path, settings), job))
    seconds = time.perf_counter() - start
    if any(outcome.status is not FileStatus.STORED for outcome in outcomes):
        sys.exit("not every file was stored")
    print(seconds)


def one_evidence(database: str, workflow: str) -> None:
    """Build the evidence for one workflow."""
    with read_history(Path(database), lock_timeout_s=1) as history:
        start = time.perf_counter()
        evidence(
            history,
            workflow_id=workflow,
            variant=None,
            as_of=None,
            settings=EvidenceSettings(),
            rules=ScoringRules(),
            slow_ms=5000.0,
        )
        print(time.perf_counter() - start)


if __name__ == "__main__":
    {"ingest": ingest, "evidence": one_evidence}[sys.argv[1]](*sys.argv[2:])
