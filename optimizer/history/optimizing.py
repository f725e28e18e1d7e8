"""Keeping what an optimization paid for, the moment it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from optimizer.history import queries
from optimizer.history.queries import optimizing
from optimizer.history.store import History
from optimizer.models.completions import Answer, Question
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.optimization_run import OptimizationRun
from optimizer.models.tasks import text_sha256


def keep_executions(  # a row of the table has as many parts
    history: History,
    *,
    optimization_id: str,
    executor: str,
    prompt_sha256: str,
    cases: Sequence[Case],
    results: Sequence[CaseResult],
    at: datetime,
) -> None:
    """Store results, all or none."""
    shas = {case.case_id: case.sha256 for case in cases}
    stored_at = queries.stored_time(at)
    with history.transaction(), history.connection.appender("executions") as appender:
        for result in results:
            appender.append_row(
                optimization_id,
                text_sha256(executor),
                prompt_sha256,
                shas[result.case_id],
                result.replicate,
                stored_at,
                msgspec.json.encode(result).decode(),
            )


def known_executions(
    history: History, *, executor: str, prompt_sha256: str, cases: Sequence[Case], replicate: int
) -> Mapping[str, tuple[CaseResult, str]]:
    """Return the results that are stored, by case id, each with the optimization that paid.

    The oldest counts where there are several.
    """
    ids = {case.sha256: case.case_id for case in cases}
    rows = optimizing.executions(
        history,
        executor_sha256=text_sha256(executor),
        prompt_sha256=prompt_sha256,
        replicate=replicate,
        case_sha256s=list(ids),
    )
    return {
        ids[row.case_sha256]: (msgspec.json.decode(row.body, type=CaseResult), row.optimization_id)
        for row in reversed(rows)
    }


def keep_completion(
    history: History, *, optimization_id: str, question: Question, answer: Answer, at: datetime
) -> None:
    """Store an answer of a language model."""
    with history.transaction(), history.connection.appender("completions") as appender:
        appender.append_row(
            optimization_id,
            question.sha256,
            question.occurrence,
            question.model,
            answer.tokens_in,
            answer.tokens_out,
            answer.cost_usd,
            queries.stored_time(at),
            msgspec.json.encode(answer).decode(),
        )


def known_completion(
    history: History, *, optimization_id: str, question: Question
) -> Answer | None:
    """Return the stored answer to a question of an optimization, or None."""
    rows = optimizing.completions(
        history,
        optimization_id=optimization_id,
        request_sha256=question.sha256,
        occurrence=question.occurrence,
    )
    return msgspec.json.decode(rows[0].body, type=Answer) if rows else None


def record_optimization(history: History, run: OptimizationRun, *, at: datetime) -> None:
    """Store an optimization as far as it came, in place of what was stored of it."""
    found = optimizing.optimization(history, optimization_id=run.optimization_id)
    started_at = found.started_at if found else at
    with history.transaction():
        history.connection.execute(
            "DELETE FROM optimizations WHERE optimization_id = ?", [run.optimization_id]
        )
        with history.connection.appender("optimizations") as appender:
            appender.append_row(
                run.optimization_id,
                run.prompt_id,
                run.workflow_id,
                run.status,
                run.budget,
                run.n_spent,
                queries.stored_time(started_at),
                queries.stored_time(at),
                msgspec.json.encode(run).decode(),
            )


def stored_optimization(history: History, optimization_id: str) -> OptimizationRun | None:
    """Return an optimization as it was stored, or None where there is none."""
    found = optimizing.optimization(history, optimization_id=optimization_id)
    return msgspec.json.decode(found.body, type=OptimizationRun) if found else None
