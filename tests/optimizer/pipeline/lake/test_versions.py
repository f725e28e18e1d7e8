from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from optimizer.history.columns import prepare
from optimizer.history.lake import connected, open_lake
from optimizer.history.lakes.compacting import compact
from optimizer.history.lakes.names import (
    DECISIONS,
    KINDS,
    RUNS,
    Kind,
    Mark,
    Version,
    compacted,
    content_of,
    key_of,
    parsed,
    replacing,
    resolve,
    single,
)
from optimizer.history.lakes.places import place_of
from optimizer.history.lakes.settings import LakeSettings
from optimizer.history.lakes.writing import Publisher
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import temporary_history

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAYS = ("2026-03-01", "2026-03-02")

kinds = st.sampled_from(KINDS)
versions = st.builds(
    Version,
    replaced_at=st.sampled_from(["", "20260301T000000000000Z", "20260301T000000000001Z"]),
    content=st.sampled_from([content_of("a"), content_of("b")]),
    key=st.sampled_from([key_of("r1"), key_of("r2"), key_of("r3")]),
)
days = st.sampled_from(DAYS)


def mark_of(version: Version, day: str) -> Mark:
    name = single(RUNS, version, day=day, schema=5, tables=RUNS.tables)
    return Mark(name=name, ids={version: None})


def merged(held: set[Version], day: str) -> Mark:
    name = compacted(RUNS, held, day=day, schema=5, tables=RUNS.tables)
    return Mark(name=name, ids={version: version.key for version in held})


sets = st.lists(versions, min_size=1, unique_by=lambda version: version.key).map(set)
marks = st.lists(
    st.builds(mark_of, versions, days) | st.builds(merged, sets, days),
    max_size=8,
    unique_by=lambda mark: (mark.name.day, mark.name.text),
)


@given(kinds, versions, days, st.data())
def test_a_name_tells_what_it_was_made_of(
    kind: Kind, version: Version, day: str, data: st.DataObject
) -> None:
    tables = data.draw(st.sets(st.sampled_from(kind.tables), min_size=1))
    for name in (
        single(kind, version, day=day, schema=5, tables=tables),
        compacted(kind, [version], day=day, schema=5, tables=tables),
    ):
        assert parsed(kind, name.path(kind.mark)) == name


@given(st.text())
def test_other_names_are_none_of_a_lake(text: str) -> None:
    assert parsed(RUNS, text) is None
    assert parsed(DECISIONS, f"decisions/day=2026-03-01/{text}.parquet") is None


@given(marks)
def test_every_run_is_read_once_in_its_newest_version(found: list[Mark]) -> None:
    read = Counter[Version]()
    by_name = {mark.name: mark for mark in found}
    for one in resolve(found).visible:
        held = by_name[one.name].ids
        read.update(v for v, i in held.items() if i is None or i not in one.without)
    newest: dict[str, Version] = {}
    for mark in found:
        for version in mark.ids:
            newest[version.key] = max(newest.get(version.key, version), version)
    assert read == Counter(newest.values())


@given(marks, st.randoms())
def test_the_order_of_a_listing_does_not_matter(found: list[Mark], random: Any) -> None:
    shuffled = random.sample(found, len(found))
    assert resolve(shuffled).visible == resolve(found).visible


@given(versions, st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))
def test_what_replaces_is_newer_whatever_the_clock_says(old: Version, now: datetime) -> None:
    assert replacing(old, content_of("c"), now) > old or not old.replaced_at


class Lake(RuleBasedStateMachine):
    """Jobs that publish, replace and compact, against a dictionary."""

    make_run: Callable[..., Any]
    make_reading: Callable[..., Any]

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="lake-machine-")
        self._lake = Path(self._folder.name) / "lake"
        self._model: dict[str, tuple[str, int]] = {}
        self._now = NOON

    def teardown(self) -> None:
        self._folder.cleanup()

    @rule(
        run_id=st.sampled_from(["r1", "r2", "r3"]),
        marks=st.sampled_from(["+", "+-", "--"]),
        day=st.integers(1, 2),
        replace=st.booleans(),
    )
    def publish(self, run_id: str, marks: str, day: int, replace: bool) -> None:
        self._now += timedelta(seconds=1)
        one = type(self).make_run(
            run_id, marks, started_at=datetime(2026, 3, day, tzinfo=UTC), label=f"v{day}"
        )
        known = self._model.get(run_id)
        with (
            place_of(self._lake) as place,
            connected(place) as empty,
            temporary_history(NOON) as history,
        ):
            publisher = Publisher(place, empty, self._now)
            judged = publisher.judge(RUNS, {run_id: one.header.content_sha256}, replace=replace)
            is_other = known not in (None, (marks, day))
            assert (judged.conflict == run_id) == (is_other and not replace)
            assert bool(judged.new) == (known is None or (is_other and replace))
            kept = StoreSettings()
            ready = prepare(type(self).make_reading(one), kept)
            record(history, [ready], kept, replace=True, actor="a", now=NOON)
            publisher.write(history, RUNS, judged.new)
        if judged.new:
            self._model[run_id] = (marks, day)

    @precondition(lambda self: self._model)
    @rule(grace_s=st.sampled_from([0.0, 3600.0]))
    def compact(self, grace_s: float) -> None:
        kept = LakeSettings(grace_s=grace_s)
        compact(self._lake, kept, now=datetime.now(UTC))

    @precondition(lambda self: self._model)
    @invariant()
    def reads_what_was_published(self) -> None:
        with open_lake(self._lake) as history:
            rows = history.connection.execute(
                "SELECT run_id, day(started_at), list(left(status, 1) ORDER BY position) "
                "FROM runs JOIN tasks USING (run_id) GROUP BY ALL"
            ).fetchall()
        found = {i: ("".join("+" if s == "s" else "-" for s in marks), d) for i, d, marks in rows}
        assert found == self._model
        assert len(rows) == len(found)


@pytest.mark.slow
def test_jobs_that_publish_and_compact_leave_what_a_dictionary_would(
    make_run: Callable[..., Any], make_reading: Callable[..., Any]
) -> None:
    machine = type("Machine", (Lake,), {})
    machine.make_run, machine.make_reading = staticmethod(make_run), staticmethod(make_reading)
    case = machine.TestCase
    case.settings = settings(
        max_examples=5,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
