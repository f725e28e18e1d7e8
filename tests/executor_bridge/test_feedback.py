from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge.feedback.files import read_feedback
from optimizer.models.errors import FormatError
from optimizer.models.feedback import FeedbackKind, FeedbackReading, Scale
from optimizer.models.ingest import IngestSettings

Read = Callable[..., FeedbackReading]
NAMES = st.sampled_from(
    [
        *("specversion", "id", "source", "type", "data", "event_type", "metadata", "tags", "kind"),
        *("request_id", "task_id", "case_id", "run_id", "timestamp", "comment", "value", "name"),
        *("rating", "rating_min", "rating_max", "scale", "thumbs", "retry", "reward", "score"),
        *("user_feedback", "subject"),
    ]
)
REWARD = "com.llmdevops.optimizer.reward.v1"


def read(content: Any, **options: Any) -> FeedbackReading:
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    return read_feedback("-", IngestSettings(), stdin=io.BytesIO(content), **options)


def lines(*rows: Any) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n"


def said(content: Any, **options: Any) -> list[tuple[str, float | None]]:
    return [(str(row.kind), row.value) for row in read(content, **options).rows]


def faults(content: Any, **options: Any) -> list[str]:
    good = {"request_id": "good", "thumbs": "up"}
    rows = content if isinstance(content, list) else [content]
    return [str(fault) for fault in read([*rows, good], **options).skipped]


def cloud_event(**changes: Any) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/chat",
        "type": "com.example.feedback",
        "time": "2026-03-01T12:00:00+01:00",
        "data": {"request_id": "q", "rating": 5},
    }
    return event | changes


def test_reads_lines_a_list_one_object_and_a_table_alike() -> None:
    row = {"request_id": "q", "rating": 4}
    table = b"request_id,rating\nq,4\n"
    for content in (lines(row, row), [row], row, table, table.replace(b",", b";")):
        first = read(content).rows[0]
        assert (first.request_id, first.kind, first.value) == ("q", FeedbackKind.RATING, 0.75)


def test_says_where_in_the_file_a_row_stands() -> None:
    rows = [{"request_id": "q", "thumbs": True}, {"request_id": "q", "thumbs": "maybe"}]
    assert str(read(lines(*rows)).skipped[0]).startswith("line 2: thumbs: found")
    assert str(read(rows).skipped[0]).startswith("[1]: thumbs: found")
    table = b"request_id,thumbs\nq,up\nq,maybe\n"
    assert str(read(table).skipped[0]).startswith("line 3: thumbs: found")


def test_one_row_may_say_several_things() -> None:
    row = {"id": "f", "request_id": "q", "rating": 1, "thumbs": -1, "retry": True, "comment": "no"}
    rating, thumb, retry = read(row).rows
    assert [rating.value, thumb.value, retry.value] == [0, 0, 0]
    assert [row.feedback_id for row in (rating, thumb, retry)] == ["f#rating", "f#thumb", "f#retry"]
    assert [row.comment for row in (rating, thumb, retry)] == ["no", None, None]


@pytest.mark.parametrize("up", ["up", "UP", True, 1, "1", "true", "👍"])
def test_reads_a_thumb_up_however_it_is_written(up: Any) -> None:
    assert said({"request_id": "q", "thumbs": up}) == [("thumb", 1.0)]


def test_a_thumb_of_zero_is_not_guessed_at() -> None:
    (fault,) = faults({"request_id": "q", "thumbs": 0})
    assert "found 0, expected up or down" in fault


def test_no_retry_is_a_good_word() -> None:
    assert said({"request_id": "q", "retry": False}) == [("retry", 1.0)]


def test_a_row_may_carry_the_scale_of_its_rating() -> None:
    rows = [
        {"request_id": "q", "rating": 7, "scale": "0-10"},
        {"request_id": "q", "rating": 7, "scale": [0, 10]},
        {"request_id": "q", "rating": 7, "rating_max": 10},
        {"request_id": "q", "rating": 7.6, "rating_min": 1, "rating_max": 12},
        {"request_id": "q", "rating": 0.5, "scale": "0..1"},
    ]
    # (7.6 - 1) / 11
    assert [value for _, value in said(rows)] == pytest.approx([0.7, 0.7, 0.7, 0.6, 0.5])


def test_the_top_of_a_scale_tells_where_it_begins() -> None:
    rows = [{"request_id": "q", "rating": 4, "rating_max": top} for top in (5, 7, 10, 100)]
    # 1 to 5, 1 to 7, 0 to 10, 0 to 100
    assert [value for _, value in said(rows)] == pytest.approx([3 / 4, 3 / 6, 0.4, 0.04])


def test_a_scale_that_is_none_and_a_mark_that_is_off_it_are_named() -> None:
    (fault,) = faults({"request_id": "q", "rating": 4, "scale": "good"})
    assert "scale: found" in fault
    (fault,) = faults({"request_id": "q", "rating": 11, "scale": "0-10"})
    assert "rating: found 11, expected a number from 0 to 10" in fault


def test_whole_ratings_from_one_to_five_are_stars_and_that_is_said() -> None:
    reading = read([{"request_id": "q", "rating": mark} for mark in (1, 5)])
    assert [row.value for row in reading.rows] == [0, 1]
    assert "2 ratings carry no scale" in reading.warnings[0]


@pytest.mark.parametrize("odd", [0, 6, 3.5, -1])
def test_other_ratings_without_a_scale_are_refused_with_what_to_do(odd: float) -> None:
    rows = [{"request_id": "q", "rating": mark} for mark in (4, odd)]
    with pytest.raises(FormatError) as refused:
        read(rows)
    assert f"rating: found {odd:g} without a scale" in str(refused.value)
    assert "--rating-scale" in str(refused.value.hint)


def test_a_scale_that_is_asked_for_is_that_of_ratings_without_one() -> None:
    rows = [{"request_id": "q", "rating": 0}, {"request_id": "q", "rating": 3, "scale": "1-5"}]
    reading = read(rows, rating_scale=Scale(low=0, high=10))
    assert [row.value for row in reading.rows] == [0, 0.5]
    assert reading.warnings == ()


def test_a_reward_is_from_zero_to_one_unless_it_says() -> None:
    rows = [
        {"request_id": "q", "reward": 0.2},
        {"request_id": "q", "reward": -1, "reward_min": -1, "reward_max": 1},
    ]
    assert said(rows) == [("reward", 0.2), ("reward", 0.0)]
    (fault,) = faults({"request_id": "q", "reward": 3})
    assert "reward: found 3, expected without a scale a number from 0 to 1" in fault


def test_reads_cloud_events() -> None:
    (row,) = read(cloud_event()).rows
    assert (row.feedback_id, row.kind, row.value) == ("/chat e1", FeedbackKind.RATING, 1)
    assert row.happened_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_a_cloud_event_is_of_its_subject_where_its_data_name_nothing() -> None:
    assert read(cloud_event(subject="q7", data={"rating": 5})).rows[0].request_id == "q7"
    assert read(cloud_event(subject="q7")).rows[0].request_id == "q"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"specversion": "0.3"}, 'specversion: found "0.3", expected "1.0"'),
        ({"source": None}, "source: found nothing"),
        ({"id": ""}, "id: found nothing"),
        ({"data": None}, "data: found nothing"),
        ({"data": [1]}, "data: found a list"),
        ({"data_base64": "eyJ9"}, "data_base64: found coded data"),
    ],
)
def test_a_damaged_cloud_event_is_named(changes: dict[str, Any], fault: str) -> None:
    assert fault in faults(cloud_event(**changes))[0]


def test_the_reward_of_an_event_is_what_it_says_or_the_part_of_the_user() -> None:
    parts = {"request_id": "q", "quality_score": 0.9, "cost_score": 0.4, "latency_score": 0.1}
    events = [
        cloud_event(id="a", type=REWARD, data=parts | {"user_feedback": 0.75}),
        cloud_event(id="b", type=REWARD, data=parts),
        cloud_event(id="c", type=REWARD, data=parts | {"reward": 0.5}),
        cloud_event(id="d", type=REWARD, data={"request_id": "q", "value": 0.25}),
    ]
    assert said(events) == [("reward", v) for v in (0.75, None, 0.5, 0.25)]


def test_reads_feedback_events_with_their_type_beside_their_data() -> None:
    event = {
        "id": "f1",
        "timestamp": "2026-03-01T12:00:00Z",
        "source": "User",
        "event_type": "Feedback",
        "data": {"thumbs": "down"},
        "metadata": {"task_id": "t1", "run_id": "r1"},
    }
    (row,) = read(event).rows
    assert (row.feedback_id, row.kind, row.value) == ("f1", FeedbackKind.THUMB, 0)
    assert (row.task_id, row.run_id) == ("t1", "r1")
    (wrapped,) = read(cloud_event(data=event)).rows
    assert (wrapped.feedback_id, wrapped.task_id, wrapped.value) == ("/chat e1", "t1", 0)


def test_alerts_are_kept_without_a_value() -> None:
    event = {"event_type": "QualityAlert", "data": {"request_id": "q", "severity": "high"}}
    assert said(event) == [("other", None)]


def test_points_of_metrics_are_kept_without_a_value_and_need_no_task() -> None:
    point = {"name": "latency_ms", "value": 812.5, "tags": {"model": "m"}, "timestamp": 1772366400}
    reading = read([point, cloud_event(type="com.example.metric", data=point)])
    assert [(row.kind, row.value) for row in reading.rows] == [(FeedbackKind.METRIC, None)] * 2
    assert json.loads(reading.rows[0].event) == point


def test_a_metric_is_no_rating_whatever_it_is_called() -> None:
    event = cloud_event(type="com.example.metric.score", data={"name": "score", "value": 812})
    assert said(event) == [("metric", None)]


def test_a_row_of_a_table_with_more_cells_than_columns_is_skipped() -> None:
    reading = read(b"request_id, thumbs\nq,up\nq,up,and,more\n")
    assert [row.value for row in reading.rows] == [1]
    assert [str(fault) for fault in reading.skipped] == ["line 3: found 4 cells, expected 2"]


def test_a_table_with_a_column_twice_is_refused() -> None:
    with pytest.raises(FormatError, match='found "rating" twice'):
        read(b"request_id,rating,rating\nq,1,2\n")


def test_a_word_on_nothing_is_refused() -> None:
    assert "request_id: found nothing" in faults({"rating": 4})[0]
    assert "request_id: found nothing" in faults({"rating": 4, "case_id": "c"})[0]
    assert said({"thumbs": 1, "case_id": "c", "run_id": "r"}) == [("thumb", 1.0)]


def test_a_row_that_says_nothing_is_refused() -> None:
    assert "row: found nothing said" in faults({"request_id": "q", "user": "ann"})[0]
    assert "value: found 4" in faults({"request_id": "q", "value": 4})[0]


def test_a_comment_alone_is_kept() -> None:
    (row,) = read({"request_id": "q", "comment": "<script>\x1b[2J | x"}).rows
    assert (row.kind, row.value, row.comment) == ("other", None, "<script>\x1b[2J | x")


def test_the_kind_may_stand_beside_a_bare_value() -> None:
    rows = [
        {"request_id": "q", "kind": "thumb", "value": "down"},
        {"request_id": "q", "type": "user_rating", "value": 5},
    ]
    assert said(rows) == [("thumb", 0.0), ("rating", 1.0)]


def test_times_are_texts_or_seconds_or_milliseconds() -> None:
    times = ["2026-03-01T12:00:00Z", 1772366400, 1772366400000, "1772366400", "2026-03-01 12:00:00"]
    reading = read([{"request_id": "q", "thumbs": 1, "timestamp": time} for time in times])
    assert {row.happened_at for row in reading.rows} == {datetime(2026, 3, 1, 12, tzinfo=UTC)}
    assert reading.warnings == ("1 time carries no zone: UTC is taken",)


@pytest.mark.parametrize("time", ["soon", "1026-03-01T12:00:00Z", True, [1], 1e300])
def test_a_time_that_cannot_be_is_named(time: Any) -> None:
    assert "timestamp: found" in faults({"request_id": "q", "thumbs": 1, "timestamp": time})[0]


def test_the_same_words_have_the_same_id_whatever_the_order_of_their_fields() -> None:
    one = read({"request_id": "q", "thumbs": 1}).rows[0]
    other = read({"thumbs": 1, "request_id": "q"}).rows[0]
    assert one.feedback_id == other.feedback_id
    assert one.feedback_id != read({"request_id": "q", "thumbs": -1}).rows[0].feedback_id


def test_ids_may_be_numbers_but_nothing_else() -> None:
    assert read({"request_id": 42, "thumbs": 1}).rows[0].request_id == "42"
    assert "request_id: found true, expected a text" in faults({"request_id": True, "thumbs": 1})[0]
    assert "request_id: found an object" in faults({"request_id": {}, "thumbs": 1})[0]


def test_secrets_are_blanked_in_json_and_in_tables() -> None:
    key = "sk-" + "a1B2" * 12
    for content in (
        {"request_id": "q", "comment": f"my key {key}"},
        f"request_id,comment\nq,my key {key}\n".encode(),
    ):
        (row,) = read(content).rows
        assert key not in row.event
        assert key not in str(row.comment)


def test_not_a_number_is_no_rating() -> None:
    rows = b'{"request_id":"q","rating":NaN}\n{"request_id":"q","thumbs":1}\n'
    reading = read(rows)
    assert [row.kind for row in reading.rows] == [FeedbackKind.THUMB]
    assert len(reading.skipped) == 1


def test_a_line_that_was_cut_off_is_skipped() -> None:
    reading = read(lines({"request_id": "q", "thumbs": 1}, {"request_id": "p", "thumbs": 1})[:-9])
    assert [row.request_id for row in reading.rows] == ["q"]
    assert str(reading.skipped[0]).startswith("line 2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"[]",
        b"[1, 2]",
        b'[{"request_id": "q"',
        b"words without columns",
        b"a,b\n1,2\n",
        b"\xff\xfe\x00,\n",
        b"PK\x03\x04rest",
        b"null",
    ],
)
def test_a_file_without_feedback_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        read(content)


def test_one_bad_row_spoils_the_file_where_that_is_asked_for() -> None:
    rows = [{"request_id": "q", "thumbs": 1}, {"request_id": "q", "thumbs": 7}]
    with pytest.raises(FormatError, match=r"\[1\]: thumbs: found 7"):
        read(rows, strict=True)


def test_data_that_hold_data_without_end_are_refused() -> None:
    event: dict[str, Any] = {"rating": 5}
    for _ in range(50):
        event = {"event_type": "Feedback", "data": event}
    assert "data: found" in faults(event)[0]


def test_a_long_text_is_kept_whole() -> None:
    assert len(str(read({"request_id": "q", "comment": "x" * 2**20}).rows[0].comment)) == 2**20


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["up", "-1", "0-10", "5", "1.0", "true", "", " ", "nan", "1e400", "\x00"])
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6), min_size=1, max_size=4))
def test_whatever_a_row_holds_is_read_from_zero_to_one_or_refused(rows: list[Any]) -> None:
    try:
        reading = read(rows)
    except FormatError:
        return
    for row in reading.rows:
        assert row.value is None or 0 <= row.value <= 1
        assert row.kind is FeedbackKind.METRIC or row.request_id or row.task_id or row.run_id
    assert all(str(fault).startswith("[") for fault in reading.skipped)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_whatever_a_file_holds_is_read_or_refused(content: bytes) -> None:
    with suppress(FormatError):
        read(b"request_id,thumbs\n" + content)
    with suppress(FormatError):
        read(b'{"request_id":"q","thumbs":1}\n{' + content)
