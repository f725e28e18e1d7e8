from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

STORE = ".optimizer/history.duckdb"
BY = ("--by", "ann")
TIMES = (
    "2026-03-20T12:00:00+00:00",
    "2031-01-01T00:00:00+00:00",
    "1999-12-31T23:59:59+00:00",
    "2026-03-20T11:59:59+00:00",
    "2500-06-01T00:00:00+00:00",
    "2026-03-21T12:00:00+00:00",
)


def test_a_clock_that_jumps_changes_neither_the_order_of_things_nor_what_is_decided(
    program: Any, tools: Any, tmp_path: Path
) -> None:
    told = []
    for i, now in enumerate(TIMES):
        for variant, marks in (("a", "+"), ("b", "++-")):
            name = f"{variant}-{i}"
            tools.write_run(tmp_path, name, variant=variant, day=1 + i, n=40, marks=marks)
            assert program(tmp_path, "ingest", f"{name}.json", FAULTS_NOW=now).code == 0
        done = program(tmp_path, "decide", "-w", "wf", "--json", FAULTS_NOW=now)
        assert done.code == 0, done
        told.append(done.json["decision_id"])
        again = program(tmp_path, "decide", "-w", "wf", "--json", FAULTS_NOW=TIMES[i - 1])
        assert again.json["decision_id"] == told[-1]
    assert len(set(told)) == len(TIMES)
    assert program(tmp_path, "audit", "verify").code == 0
    tools.require_sound(tmp_path / STORE)
    with duckdb.connect(tmp_path / STORE, read_only=True) as connection:
        lines = connection.execute("SELECT seq, logged_at FROM audit_log ORDER BY seq").fetchall()
        backwards = connection.execute(
            "SELECT count(*) FROM runs WHERE finished_at < started_at"
        ).fetchall()
    assert [seq for seq, _ in lines] == list(range(1, len(lines) + 1))
    assert any(later < earlier for (_, earlier), (_, later) in pairwise(lines))
    assert backwards == [(0,)]


def test_a_rollout_goes_on_by_its_runs_whatever_the_clock_says(
    program: Any, tools: Any, tmp_path: Path
) -> None:
    for variant, marks in (("a", "+"), ("b", "++-")):
        day = 1 + "ab".index(variant)
        tools.write_run(tmp_path, variant, variant=variant, day=day, n=60, marks=marks)
        assert program(tmp_path, "ingest", f"{variant}.json", FAULTS_NOW=TIMES[0]).code == 0
    steps = (("decide", "-w", "wf"), ("approve", "latest", *BY), ("rollout", "start", "latest"))
    for words, now in zip(steps, TIMES, strict=False):
        done = program(tmp_path, *words, FAULTS_NOW=now)
        assert done.code == 0, (words, done)
    for now in TIMES:
        done = program(tmp_path, "rollout", "advance", "--json", FAULTS_NOW=now)
        assert done.code in (0, 1), done
        shown = program(tmp_path, "rollout", "status", FAULTS_NOW=now)
        assert (shown.code, "Traceback" in shown.err) == (0, False), shown
    assert program(tmp_path, "audit", "verify").code == 0
    tools.require_sound(tmp_path / STORE)
