from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from executor_bridge import read
from optimizer.analysis.evidence import evidence
from optimizer.analysis.scope import Scope
from optimizer.analysis.settings import EvidenceSettings
from optimizer.analysis.stability import stability
from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import temporary_history
from optimizer.models.ingest import IngestSettings
from optimizer.models.summaries import RunPoint, Stability
from optimizer.scoring_rules import ScoringRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(day: int, passed: int, n: int = 100, **changes: Any) -> RunPoint:
    point = RunPoint(
        run_id=f"r{day}",
        workflow_id="wf",
        variant_id="v1",
        started_at=NOON + timedelta(days=day),
        finished_at=NOON + timedelta(days=day, hours=1),
        n=n,
        n_succeeded=passed,
        n_bad=0,
        score_mean=None,
        score_sd=None,
        latency_mean_ms=None,
        latency_sd_ms=None,
        cost_mean_usd=None,
        cost_sd_usd=None,
        tokens_mean=None,
    )
    return replace(point, **changes)


def test_steady_runs_are_stable() -> None:
    runs = [run(day, passed) for day, passed in enumerate((80, 78, 83, 79, 81, 80))]
    assert stability(runs, "v1", EvidenceSettings()) == Stability(n_runs=6, n_outside=0, value=1.0)


def test_a_run_that_breaks_out_counts_against_it() -> None:
    runs = [run(day, passed) for day, passed in enumerate((80, 82, 81, 79, 40))]
    assert stability(runs, "v1", EvidenceSettings()) == Stability(n_runs=5, n_outside=1, value=0.8)


def test_scores_break_out_where_passes_do_not() -> None:
    runs = [
        run(day, 80, score_mean=score, score_sd=0.1)
        for day, score in enumerate((0.7, 0.7, 0.7, 0.7, 0.6))
    ]
    found = stability(runs, "v1", EvidenceSettings())
    assert found is not None
    assert found.n_outside == 1
    half_known = [*runs[:-1], replace(runs[-1], score_mean=None)]
    found = stability(half_known, "v1", EvidenceSettings())
    assert found is not None
    assert found.n_outside == 0


def test_too_few_runs_of_the_variant_leave_it_unknown() -> None:
    runs = [run(day, 80) for day in range(4)]
    others = [replace(run(day, 10), variant_id="v2") for day in range(9)]
    empty = [run(day, 0, 0) for day in range(9)]
    assert stability([*runs, *others, *empty], "v1", EvidenceSettings()) is None
    assert stability(runs, "v1", EvidenceSettings(min_control_runs=4)) is not None


def test_wider_limits_let_more_pass() -> None:
    runs = [run(day, passed) for day, passed in enumerate((80, 82, 81, 79, 40))]
    found = stability(runs, "v1", EvidenceSettings(control_sigmas=20.0))
    assert found is not None
    assert found.n_outside == 0


def test_evidence_tells_it_of_the_variant_in_use(tmp_path: Path) -> None:
    with temporary_history(NOON) as history:
        for day, passed in enumerate((40, 41, 39, 40, 10, 40)):
            path = tmp_path / f"r{day}.json"
            path.write_text(json.dumps(stored_run(day, passed)))
            file = prepare(read(str(path), IngestSettings()), StoreSettings())
            record(history, [file], StoreSettings(), replace=False, actor="a", now=NOON)

        def known(until: int) -> Stability | None:
            (found,) = evidence(
                history,
                workflow_ids=["wf"],
                variant=None,
                as_of=NOON + timedelta(days=until, hours=2),
                scope=Scope(settings=EvidenceSettings(), rules=ScoringRules(), slow_ms=5000.0),
            )
            return found.stability

        assert known(3) is None
        assert known(5) == Stability(n_runs=6, n_outside=1, value=1 - 1 / 6)


def stored_run(day: int, passed: int, n: int = 50) -> dict[str, Any]:
    at = (NOON + timedelta(days=day)).isoformat()
    return {
        "run_id": f"r{day}",
        "workflow_id": "wf",
        "started_at": at,
        "finished_at": (NOON + timedelta(days=day, hours=1)).isoformat(),
        "metadata": {"prompt_variant": "v1"},
        "task_results": [
            {
                "task_id": f"r{day}-{i}",
                "workflow_id": "wf",
                "task_status": "succeeded" if i < passed else "failed",
                "created_at": at,
                "execution_time": 0.1,
                "metadata": {"case_id": f"c{i}"},
            }
            for i in range(n)
        ],
    }
