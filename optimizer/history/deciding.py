"""Keeping decisions, each with its line in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.store import History
from optimizer.models.decisions import Decision, Made, Study, accepted, proposals
from optimizer.models.errors import HistoryError
from optimizer.models.proposals import TIMED_OUT, StrategyAnswer

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

Row = tuple[object, ...]

TIME = "datetime64[us]"

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "decisions": {
        "decision_id": "object",
        "workflow_id": "object",
        "decided_at": TIME,
        "state": "object",
        "n_proposals": "int64",
        "body": "object",
        "seen_until": TIME,
        "applied_at": TIME,
    },
    "strategy_answers": {
        "decision_id": "object",
        "workflow_id": "object",
        "strategy": "object",
        "priority": "int64",
        "status": "object",
        "n_proposals": "int64",
        "n_accepted": "int64",
        "elapsed_ms": "float64",
        "seen_until": TIME,
    },
    "studies": {
        "strategy": "object",
        "workflow_id": "object",
        "key_sha256": "object",
        "body": "object",
        "made_at": TIME,
    },
}
"""The columns that decisions are written to, in the order of the rows here; objects are texts."""

MANY_ROWS = 200
"""So many rows of a table are written faster as columns than one by one."""

STRAIGHT = "1KB"
"""What many decisions come to is written straight to the file, not to a log that is read again."""


class ReadyDecision(NamedTuple):
    """A decision that is ready to be written; a tuple, which passes to other processes fast.

    Attributes:
        decision_id: Its id.
        body: It as JSON.
        n_proposals: How many it makes.
        row: Of the table `decisions`.
        answers: Rows of `strategy_answers`.
        studies: Rows of `studies`.
        decided_at: When it was made, UTC.
        detail: What the audit log says of it.
    """

    decision_id: str
    body: str
    n_proposals: int
    row: Row
    answers: tuple[Row, ...]
    studies: tuple[Row, ...]
    decided_at: datetime
    detail: Mapping[str, object]


def ready_decision(made: Made) -> ReadyDecision:
    """Return a decision as it will be written."""
    decision = made.decision
    body = as_stored(decision) if made.body is None else made.body
    proposed = proposals(decision)
    seen_until = _seen_until(decision)
    row = _row(decision, body, len(proposed), seen_until)
    return ReadyDecision(
        decision_id=decision.decision_id,
        body=body,
        n_proposals=len(proposed),
        row=row,
        answers=tuple(_answers(made, seen_until)),
        studies=tuple(_study(study, row[2]) for study in made.studies),
        decided_at=decision.decided_at,
        detail={
            "config_sha256": decision.config_sha256,
            "proposals": [f"{p.strategy}: {p.type}" for p in proposed],
            "state": str(decision.state),
            "workflow_id": decision.workflow_id,
        },
    )


def as_stored(decision: Decision, written: Mapping[str, msgspec.Raw] | None = None) -> str:
    """Return a decision as JSON as it is stored, names sorted.

    Args:
        decision: The decision.
        written: Fields of it that were written like this already.
    """
    whole: object = decision
    if written:
        whole = {name: getattr(decision, name) for name in Decision.__slots__} | dict(written)
    return msgspec.json.encode(whole, order="sorted").decode()


def record_decisions(history: History, made: Sequence[Made], *, actor: str) -> list[Decision]:
    """Store decisions, all or none, and return them as they are stored.

    A decision that is stored already, being made of the same evidence, stays as it was.
    """
    known = record_ready(history, [ready_decision(one) for one in made], actor=actor)
    return [known.get(one.decision.decision_id, one.decision) for one in made]


def record_ready(
    history: History, decisions: Sequence[ReadyDecision], *, actor: str
) -> dict[str, Decision]:
    """Store decisions, all or none, and return those that were stored already, by id."""
    if len(decisions) >= MANY_ROWS:
        history.connection.execute(f"SET checkpoint_threshold = '{STRAIGHT}'").fetchall()
    with history.transaction():
        known = queries.stored_decisions(history, [one.decision_id for one in decisions])
        new = [one for one in decisions if one.decision_id not in known]
        _insert(history, "decisions", [one.row for one in new])
        _insert(history, "strategy_answers", [row for one in new for row in one.answers])
        _insert(history, "studies", [row for one in decisions for row in one.studies])
        append_audit(history, [_line(one, actor) for one in new])
    return known


def _insert(history: History, table: str, rows: Sequence[Row]) -> None:
    """Write rows: few by the appender, many as columns, which is several times as fast."""
    connection = history.connection
    if not rows:
        return
    if len(rows) < MANY_ROWS:
        with connection.appender(table) as appender:
            appender.append_rows(rows)
        return
    columns = _columns(table, rows)  # read by this name
    # Object columns hold nothing but text here: no need to look what is in them.
    connection.execute("SET pandas_analyze_sample = 0")
    connection.execute("SET python_enable_replacements = true")
    statement = f"INSERT INTO {table} BY NAME SELECT * FROM columns"
    written = connection.execute(statement).fetchall()[0][0]
    connection.execute("SET python_enable_replacements = false")
    if written != len(columns["workflow_id"]):
        raise HistoryError(f"the database wrote {written} of {len(rows)} rows; nothing was stored")


def _columns(table: str, rows: Sequence[Row]) -> dict[str, NDArray[Any]]:
    import numpy as np  # noqa: PLC0415 - a single decision is written without

    columns = zip(COLUMNS[table].items(), zip(*rows, strict=True), strict=True)
    return {
        name: np.array(_as_us(values) if kind == TIME else values, dtype=kind)
        for (name, kind), values in columns
    }


def _as_us(times: Sequence[Any]) -> NDArray[Any]:
    """Return times as microseconds; each of the few there are is counted once."""
    import numpy as np  # noqa: PLC0415 - as above

    known = {time: np.datetime64(time, "us").astype(np.int64).item() for time in set(times)}
    return np.array([known[time] for time in times], dtype=np.int64)


def _answers(made: Made, seen_until: datetime | None) -> Iterator[Row]:
    """Yield the rows of the table `strategy_answers`."""
    decision = made.decision
    kept = [proposal.strategy for proposal in accepted(decision)]
    for said in decision.answers:
        name = said.strategy
        yield (
            decision.decision_id,
            decision.workflow_id,
            name,
            said.priority,
            _status(said, asked=name in made.elapsed_ms),
            len(said.answer.proposals) if said.answer else 0,
            kept.count(name),
            made.elapsed_ms.get(name),
            seen_until,
        )


def _status(said: StrategyAnswer, *, asked: bool) -> str:
    if not asked:
        return "not_asked"
    if said.answer is None:
        return "timed_out" if (said.failure or "").startswith(TIMED_OUT) else "failed"
    return "proposed" if said.answer.proposals else "silent"


def _study(study: Study, made_at: object) -> Row:
    """Return a row of the table `studies`."""
    return (study.strategy, study.workflow_id, study.key_sha256, study.body, made_at)


def _seen_until(decision: Decision) -> datetime | None:
    windows = (decision.current, *decision.others)
    starts = [window.last_started_at for window in windows if window is not None]
    return queries.stored_time(max(starts, default=None))


def decision_row(decision: Decision, applied_at: datetime | None = None) -> Row:
    """Return a row of the table `decisions`."""
    n_proposals, seen_until = len(proposals(decision)), _seen_until(decision)
    return _row(decision, as_stored(decision), n_proposals, seen_until, applied_at)


def _row(
    decision: Decision,
    body: str,
    n_proposals: int,
    seen_until: datetime | None,
    applied_at: datetime | None = None,
) -> Row:
    return (
        decision.decision_id,
        decision.workflow_id,
        queries.stored_time(decision.decided_at),
        str(decision.state),
        n_proposals,
        body,
        seen_until,
        queries.stored_time(applied_at),
    )


def _line(decision: ReadyDecision, actor: str) -> AuditLine:
    return AuditLine(
        logged_at=decision.decided_at,
        actor=actor,
        action="decision.recorded",
        subject=decision.decision_id,
        detail=decision.detail,
    )
