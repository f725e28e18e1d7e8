from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from executor_bridge import read
from optimizer.history import queries
from optimizer.models.ingest import IngestSettings
from optimizer.models.summaries import Spread, SpreadBin
from optimizer.pipeline.view import history_of, run_view
from optimizer.scoring_rules import ScoringRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run_of(latencies_ms: list[float | None], scores: list[float | None]) -> bytes:
    tasks = []
    for n, (latency_ms, score) in enumerate(zip(latencies_ms, scores, strict=True)):
        facts: dict[str, Any] = {
            "task_id": f"t{n}",
            "workflow_id": "w",
            "task_status": "succeeded",
            "created_at": f"2026-03-01T12:00:{n:02}Z",
            "metadata": {"case_id": f"c{n}"},
            **({} if latency_ms is None else {"execution_time": latency_ms / 1000}),
            "test_result": {
                "workflow_id": "w",
                "execution_id": f"t{n}",
                "timestamp": f"2026-03-01T12:00:{n:02}Z",
                "status": "success",
                "score": score,
            },
        }
        tasks.append(facts)
    run = {
        "run_id": "r",
        "workflow_id": "w",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:01:00Z",
        "task_results": tasks,
    }
    return json.dumps(run).encode()


def bins(latencies_ms: list[float | None], n_bins: int) -> list[SpreadBin]:
    body = run_of(latencies_ms, [None] * len(latencies_ms))
    with history_of([read("-", IngestSettings(), stdin=io.BytesIO(body))], NOON) as history:
        return queries.spread(history, "r", "latency", n_bins=n_bins)


def spreads(latencies_ms: list[float | None], scores: list[float | None]) -> tuple[Spread, ...]:
    body = run_of(latencies_ms, scores)
    with history_of([read("-", IngestSettings(), stdin=io.BytesIO(body))], NOON) as history:
        return run_view(history, "r", rules=ScoringRules(), level=0.95).spreads


def test_bins_of_time_are_of_one_width_in_logarithms() -> None:
    found = bins([10, 20, 50, 200, 1000, None], 2)
    # the middle of 10 to 1000 by ratio is 100
    assert [(one.bin, one.n) for one in found] == [(0, 3), (1, 2)]
    assert (found[0].least, found[0].most) == (10.0, 1000.0)


def test_a_spread_counts_every_known_value_once() -> None:
    (latency,) = spreads([10, 20, 50, 200, 1000, None], [None] * 6)
    assert latency.metric == "latency"
    assert [sum(counts) for counts in latency.counts] == [5]


def test_values_that_are_all_the_same_do_not_spread() -> None:
    assert spreads([50, 50, 50], [None] * 3) == ()
