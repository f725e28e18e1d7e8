from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from optimizer.history.queries.evidence import case_tables, requests, run_points
from optimizer.history.store import History
from optimizer.models.requests import Requests
from optimizer.models.tasks import UNJUDGED, Run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

Make = Callable[..., Run]
Store = Callable[..., Any]


def trace(history: History, **changes: Any) -> Requests:
    asked: dict[str, Any] = {"workflow_ids": ["wf"], "as_of": None, "max_tasks": 100}
    return requests(history, **(asked | changes))["wf"]


def with_tasks(run: Run, *changes: dict[str, Any]) -> Run:
    tasks = [task._replace(**one) for task, one in zip(run.tasks, changes, strict=True)]
    return replace(run, tasks=tasks)


def test_a_trace_is_in_order_of_time_and_counts_seconds_from_its_first_request(
    history: History, run: Make, store: Store
) -> None:
    store(run("r2", "++", started_at=NOON + HOUR), run("r1", "+-"))
    found = trace(history)
    assert found.at_s.tolist() == [0.0, 0.0, 1.0, 1.0]
    assert sorted(found.ok.tolist()) == [0.0, 1.0, 1.0, 1.0]
    assert len(set(found.segment.tolist())) == 2


def test_equal_variant_and_input_have_one_key_and_unequal_ones_have_not(
    history: History, run: Make, store: Store
) -> None:
    same = {"inputs": '{"question":"a"}'}
    store(
        with_tasks(run("r1", "+++"), same, same, {"inputs": '{"question":"b"}'}),
        with_tasks(run("r2", "+", label="v2"), same),
    )
    keys = trace(history).key
    counts = sorted(np.unique(keys, return_counts=True)[1].tolist())
    assert counts == [1, 1, 2]


def test_what_was_not_recorded_is_unknown(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+"))
    found = trace(history)
    assert found.answer.tolist() == [-1]
    assert found.tenant.tolist() == [-1]
    assert found.tenants == ()
    for column in (found.tokens_in, found.cost_usd, found.score, found.deadline_ms):
        assert np.isnan(column).all()
    assert found.priority.tolist() == [2]
    assert found.texts is None


def test_what_the_metadata_of_a_task_says_is_read(
    history: History, run: Make, store: Store
) -> None:
    said = '{"priority":"high","deadline_ms":250,"propensity":0.25}'
    task = {"metadata": said, "tenant": "acme", "task_type": "chat", "outputs": '{"a":1}'}
    store(with_tasks(run("r1", "+"), task))
    found = trace(history, max_texts=10)
    assert found.priority.tolist() == [3]
    assert found.deadline_ms.tolist() == [250.0]
    assert found.propensity.tolist() == [0.25]
    assert (found.tenants, found.task_types) == (("acme",), ("chat",))
    assert found.answer[0] != -1
    assert found.texts == ('{"question":0}',)


def test_only_the_newest_inputs_are_fetched_as_texts(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "++"), run("r2", "+", started_at=NOON + HOUR))
    assert trace(history).texts is None
    found = trace(history, max_texts=1)
    assert found.texts is not None
    (newest,) = (place for place, text in enumerate(found.texts) if text is not None)
    assert found.segment.tolist().count(found.segment[newest]) == 1


def test_keys_of_metadata_may_be_written_with_escapes(
    history: History, run: Make, store: Store
) -> None:
    store(with_tasks(run("r1", "+"), {"metadata": '{"pri\\u006frity":"low"}'}))
    assert trace(history).priority.tolist() == [1]


def test_the_newest_tasks_of_a_run_are_kept_where_not_all_are(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "++++"), run("r2", "+++", started_at=NOON + HOUR))
    found = trace(history, max_tasks=5, max_texts=2)
    assert found.position is not None
    assert found.texts is not None
    names = [found.runs[code] for code in found.segment]
    kept = zip(names, found.position.tolist(), found.texts, strict=True)
    is_text = {(name, place): text is not None for name, place, text in kept}
    assert is_text == {
        ("r1", 2): False,
        ("r1", 3): False,
        ("r2", 0): False,
        ("r2", 1): True,
        ("r2", 2): True,
    }


def test_what_was_put_in_is_not_read_where_nobody_asks_for_it(
    history: History, run: Make, store: Store
) -> None:
    store(with_tasks(run("r1", "++"), {"outputs": "a", "metadata": '{"priority":"low"}'}, {}))
    found = trace(history, max_texts=None)
    assert found.texts is None
    assert found.answer.tolist() == [-1, -1]
    assert found.priority.tolist() == [2, 2]
    assert found.ok.tolist() == [1, 1]


def test_a_refusal_for_too_many_requests_is_told_from_other_errors(
    history: History, run: Make, store: Store
) -> None:
    refused = {"failure_kind": "api", "failure_reason": "rate_limit"}
    store(with_tasks(run("r1", "ee+"), refused, {"failure_kind": "api"}, {}))
    found = trace(history)
    assert found.throttled.tolist() == [True, False, False]
    assert found.failed.tolist() == [True, True, False]


def test_nobody_judged_is_neither_passed_nor_failed(
    history: History, run: Make, store: Store
) -> None:
    unjudged = run("r1", "+")
    store(replace(unjudged, header=replace(unjudged.header, warnings=(UNJUDGED,))))
    assert np.isnan(trace(history).ok).all()


def test_only_the_newest_tasks_are_looked_at(history: History, run: Make, store: Store) -> None:
    store(run("r1", "-----"), run("r2", "+++", started_at=NOON + HOUR))
    assert trace(history, max_tasks=3).ok.tolist() == [1.0, 1.0, 1.0]
    assert len(trace(history, max_tasks=4)) == 4
    early = trace(history, as_of=NOON + timedelta(minutes=5))
    assert early.ok.tolist() == [0.0] * 5


def test_workflows_that_are_asked_about_together_are_told_apart(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+"), run("r2", "--", workflow_id="other"))
    found = requests(history, workflow_ids=["other", "none", "wf"], as_of=None, max_tasks=9)
    assert {name: len(one) for name, one in found.items()} == {"other": 2, "wf": 1}
    assert requests(history, workflow_ids=["none"], as_of=None, max_tasks=9) == {}
    tables = case_tables(history, workflow_ids=["wf", "other"], as_of=None, max_runs=5)
    assert {name: len(one.n) for name, one in tables.items()} == {"other": 2, "wf": 1}


def test_a_case_table_averages_repeats_inside_the_case(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+-"), run("r2", "++", started_at=NOON + HOUR))
    table = case_tables(history, workflow_ids=["wf"], as_of=None, max_runs=5)["wf"]
    assert table.n.tolist() == [2.0, 2.0]
    assert sorted(table.passed.tolist()) == [0.5, 1.0]
    newest = case_tables(history, workflow_ids=["wf"], as_of=None, max_runs=1)["wf"]
    assert newest.passed.tolist() == [1.0, 1.0]


def test_an_error_scores_nothing_and_a_cached_answer_has_no_price(
    history: History, run: Make, store: Store
) -> None:
    answered = {"score": 0.8, "cost_usd": 0.5}
    cached = {"score": 0.8, "cost_usd": 0.0, "cached": True}
    store(with_tasks(run("r1", "+e+"), answered, {}, cached))
    table = case_tables(history, workflow_ids=["wf"], as_of=None, max_runs=5)["wf"]
    assert sorted(table.score.tolist()) == [0.0, 0.8, 0.8]
    assert np.nansum(table.cost_usd) == pytest.approx(0.5)
    assert int(np.isnan(table.cost_usd).sum()) == 2


def test_runs_whose_cases_are_not_those_of_others_share_none(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "++", pairable=False))
    assert case_tables(history, workflow_ids=["wf"], as_of=None, max_runs=5) == {}


def test_points_of_a_series_are_the_newest_runs_oldest_first(
    history: History, run: Make, store: Store
) -> None:
    store(*(run(f"r{i}", "+-te", started_at=NOON + i * HOUR) for i in range(3)))
    found = run_points(history, workflow_ids=["wf"], as_of=None, max_runs=2)
    assert [point.run_id for point in found] == ["r1", "r2"]
    assert (found[0].n, found[0].n_succeeded, found[0].n_bad) == (4, 1, 2)
