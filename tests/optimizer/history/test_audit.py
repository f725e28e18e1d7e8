from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.history import queries
from optimizer.history.audit import FIRST_HASH, AuditLine, append_audit, first_broken
from optimizer.history.store import History, temporary_history
from optimizer.models.decisions import AuditEntry

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def filled(history: History, n: int) -> list[AuditEntry]:
    detail = {"z": 1, "a": "ü"}
    for i in range(n):
        line = AuditLine(logged_at=NOON, actor="ann", action="a", subject=f"s{i}", detail=detail)
        append_audit(history, [line])
    return queries.audit(history)


def test_each_line_carries_the_hash_of_the_one_before(history: History) -> None:
    entries = filled(history, 3)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert entries[0].previous_hash == FIRST_HASH
    assert entries[2].previous_hash == entries[1].hash
    assert entries[0].detail == '{"a":"ü","z":1}'
    assert first_broken(entries) is None


def test_an_empty_log_is_unbroken(history: History) -> None:
    assert first_broken(queries.audit(history)) is None


def test_lines_are_found_by_their_subject(history: History) -> None:
    filled(history, 3)
    assert [entry.seq for entry in queries.audit(history, subject="s1")] == [2]


@pytest.mark.parametrize(
    "column", ["logged_at", "actor", "action", "subject", "detail", "previous_hash", "hash"]
)
def test_a_changed_line_is_found(history: History, column: str) -> None:
    filled(history, 3)
    changed = "'2026-03-02'" if column == "logged_at" else "'x'"
    history.connection.execute(f"UPDATE audit_log SET {column} = {changed} WHERE seq = 2")
    assert first_broken(queries.audit(history)) == 2


def test_a_missing_line_is_found(history: History) -> None:
    filled(history, 4)
    history.connection.execute("DELETE FROM audit_log WHERE seq = 2")
    assert first_broken(queries.audit(history)) == 2


@given(
    n=st.integers(1, 6),
    place=st.integers(0, 5),
    field=st.sampled_from(["actor", "action", "subject", "detail"]),
    text=st.text(max_size=5),
)
def test_no_change_of_any_line_goes_unnoticed(n: int, place: int, field: str, text: str) -> None:
    with temporary_history(NOON) as history:
        entries = filled(history, n)
    place %= n
    changed = replace(entries[place], **{field: text})  # type: ignore[arg-type]
    if changed != entries[place]:
        entries[place] = changed
        assert first_broken(entries) == place + 1
