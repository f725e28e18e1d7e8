from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from executor_bridge import read
from optimizer.analysis.arms import load_arm
from optimizer.history.settings import PayloadPolicy
from optimizer.models.errors import SelectionError
from optimizer.models.ingest import IngestSettings
from optimizer.pipeline.view import history_of, run_view
from optimizer.scoring_rules import ScoringRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def task(n, case, *, scores, status="succeeded", **origin):
    return {
        "task_id": f"t{n}",
        "workflow_id": "w",
        "task_status": status,
        "created_at": f"2026-03-01T12:00:{n:02}Z",
        "metadata": {"case_id": case, "origin": {"scores": scores, **origin}},
        "test_result": {"status": "success" if status == "succeeded" else status},
    }


TASKS = [
    task(0, "a", scores=[{"name": "faithful", "value": 0.2}, {"name": "length", "value": 40.0}]),
    task(1, "a", scores=[{"name": "faithful", "value": 0.4, "passed": False}]),
    task(
        2,
        "b",
        scores=[
            {"name": "faithful", "value": 0.9, "passed": True},
            {"name": "length", "value": 60.0},
        ],
        judge_tokens=7,
    ),
    task(3, "c", scores=[], status="error", judge_tokens=3, judge_cost_usd=0.5),
]


@pytest.fixture
def history():
    run = {
        "run_id": "r",
        "workflow_id": "w",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:01:00Z",
        "task_results": TASKS,
    }
    reading = read("-", IngestSettings(), stdin=io.BytesIO(json.dumps(run).encode()))
    with history_of([reading], NOON, payloads=PayloadPolicy.NONE) as made:
        yield made


def view(history):
    return run_view(history, "r", rules=ScoringRules(), level=0.95)


def test_each_scorer_is_a_metric_with_its_own_n_and_interval_over_cases(history):
    faithful, length = view(history).scores
    assert (faithful.figures.scorer, faithful.figures.n, faithful.figures.n_cases) == (
        "faithful",
        3,
        2,
    )
    assert faithful.figures.mean == pytest.approx((0.3 + 0.9) / 2)
    # two cases, 0.3 and 0.9: mean 0.6, sd 0.6/sqrt(2), t(0.975, 1) = 12.706: far beyond 0 to 1
    assert (faithful.low, faithful.high) == (0.0, 1.0)
    assert (faithful.figures.n_judged, faithful.figures.n_passed) == (2, 1)
    # 40 and 60: mean 50, sd 20/sqrt(2)
    assert length.high - 50 == pytest.approx(12.706 * 10, rel=1e-4)


def test_judge_tokens_are_kept_apart_from_those_of_the_system(history):
    grading = view(history).grading
    assert (grading.judge_tokens, grading.n_judge_tokens) == (10, 2)
    assert (grading.judge_cost_usd, grading.n_judge_cost) == (0.5, 1)
    assert view(history).total.tokens_total is None


def arm(history, scorer):
    (variant,) = view(history).variants
    return load_arm(
        history,
        selector="r",
        run_ids=["r"],
        variant_id=variant.summary.variant_id,
        latencies=False,
        scorer=scorer,
    )


def test_a_scorer_can_be_what_is_compared(history):
    cases = arm(history, "faithful").cases
    assert list(cases.case_id) == ["a", "b", "c"]
    assert list(cases.score) == pytest.approx([0.3, 0.9, 0.0])
    assert list(cases.n_scored) == [2, 1, 1]


def test_a_scorer_beyond_0_to_1_cannot_be_compared_as_a_score(history):
    with pytest.raises(SelectionError, match="scorer 'length': gives scores beyond 0 to 1"):
        arm(history, "length")


def test_a_scorer_that_is_not_there_is_refused(history):
    with pytest.raises(SelectionError, match="scorer 'no': scored no task of r"):
        arm(history, "no")
