from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from optimizer.analysis.evidence import evidence
from optimizer.analysis.scope import questions
from optimizer.config.load import load
from optimizer.history import duck, queries
from optimizer.history.ahead import asked_ahead
from optimizer.history.queries.evidence import breaker_events, studies
from optimizer.history.store import History, open_history
from optimizer.pipeline.scope import scope_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_question_asked_ahead_has_the_answer_it_always_has(
    history: History, run: Callable[..., Any], store: Callable[..., Any]
) -> None:
    store(run("r1", "++-"), run("r2", "+"))
    with asked_ahead(history, [queries.runs, queries.workflows]) as asked:
        assert queries.workflows(asked) == queries.workflows(history)
        assert queries.runs(asked) == queries.runs(history)
        assert queries.runs(asked, limit=1) == queries.runs(history, limit=1)
        assert queries.runs(asked) == queries.runs(history)


def test_what_cannot_be_answered_fails_where_it_is_asked(history: History) -> None:
    def asking(of: History) -> object:
        return of.engine.ask("SELECT * FROM nothing", {})

    with asked_ahead(history, [asking]) as asked:
        assert queries.runs(asked) == []
        with pytest.raises(duck.CatalogException):
            asking(asked)


def test_a_history_asked_ahead_is_closed_as_always(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    with (
        open_history(path, lock_timeout_s=1, now=NOON) as opened,
        asked_ahead(opened, [queries.runs]) as asked,
    ):
        assert queries.runs(asked) == []
    with open_history(path, lock_timeout_s=0, now=NOON) as again:
        assert queries.runs(again) == []
    assert not path.with_name(f"{path.name}.wal").exists()


def test_a_decision_asks_all_that_is_asked_ahead_for_it(
    history: History,
    run: Callable[..., Any],
    store: Callable[..., Any],
    tmp_path: Path,
) -> None:
    store(run("r1", "++-"))
    scope = scope_of(load(start=tmp_path, environ={}).config)
    told = questions(scope, workflow_ids=["wf"], as_of=NOON)
    with asked_ahead(history, told) as asked:
        evidence(asked, workflow_ids=["wf"], variant=None, as_of=NOON, scope=scope)
        studies(asked, workflow_ids=["wf"])
        breaker_events(asked, workflow_ids=["wf"], as_of=NOON)
        assert asked.engine._open == []  # type: ignore[attr-defined]
