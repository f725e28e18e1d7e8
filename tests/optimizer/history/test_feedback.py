from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer.history import queries
from optimizer.history.feedback import RecordedFeedback, record_feedback
from optimizer.history.recording import raw_content
from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.history.store import History
from optimizer.models.errors import Fault
from optimizer.models.feedback import Feedback, FeedbackKind, FeedbackReading
from optimizer.models.tasks import Origin, Source, text_sha256

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Say = Callable[..., RecordedFeedback]


def word(feedback_id: str = "f1", **changes: Any) -> Feedback:
    fields: dict[str, Any] = {
        "feedback_id": feedback_id,
        "happened_at": NOON,
        "kind": FeedbackKind.THUMB,
        "value": 1.0,
        "request_id": None,
        "run_id": None,
        "task_id": None,
        "case_id": None,
        "workflow_id": None,
        "comment": None,
        "event": f'{{"id":"{feedback_id}"}}',
        "place": "line 1",
    }
    return Feedback(**(fields | changes))


@pytest.fixture
def say(history: History) -> Say:
    def stored(*words: Feedback, skipped: tuple[Fault, ...] = (), **options: Any) -> Any:
        content = repr(words).encode()
        source = Source(
            path="f.jsonl",
            sha256=text_sha256(repr(words)),
            n_bytes=len(content),
            content=content,
            n_redacted=0,
        )
        reading = FeedbackReading(source=source, rows=words, skipped=skipped)
        settings = options.pop("settings", StoreSettings())
        chosen = {"replace": False, "strict": False, "actor": "ann", "now": NOON} | options
        return record_feedback(history, reading, settings, **chosen)

    return stored


def asked(request_id: str) -> dict[str, Any]:
    return {"origin": Origin(request_id=request_id)}


def matches(history: History, **filters: Any) -> list[tuple[int, str | None, str | None]]:
    found = queries.matched_feedback(history, **filters)
    return [(one.n_candidates, one.run_id, one.task_id) for one in found]


def test_the_same_word_is_stored_once(history: History, say: Say) -> None:
    first, second = say(word(task_id="t0"), word(task_id="t0")), say(word(task_id="t0"))
    assert (first.n_stored, first.n_unchanged) == (1, 1)
    assert (second.n_stored, second.n_unchanged) == (0, 1)
    assert len(matches(history)) == 1


def test_other_content_under_a_stored_id_is_refused_unless_it_may_replace(
    history: History, say: Say
) -> None:
    say(word(value=1.0))
    refused = say(word(value=0.0))
    assert refused.n_stored == 0
    assert "'f1' with other content" in str(refused.refused[0])
    assert "f1" in queries.rejects(history)[0].reason
    replaced = say(word(value=0.0), replace=True)
    assert (replaced.n_stored, replaced.n_replaced) == (1, 1)
    assert [one.value for one in queries.matched_feedback(history)] == [0.0]
    assert queries.audit(history)[-1].action == "feedback.replaced"


def test_where_all_is_asked_for_one_refused_word_spoils_the_others(
    history: History, say: Say
) -> None:
    say(word())
    spoiled = say(word(value=0.0), word("f2"), strict=True)
    assert (spoiled.n_stored, spoiled.n_unchanged) == (0, 0)
    assert len(matches(history)) == 1


def test_rows_that_could_not_be_read_are_kept_aside_with_the_reason(
    history: History, say: Say
) -> None:
    say(word(), skipped=(Fault(place="line 7: rating", found='"x"', expected="a number"),))
    (reject,) = queries.rejects(history)
    assert reject.path == "f.jsonl"
    assert reject.reason == 'line 7: rating: found "x", expected a number'


def test_a_word_is_matched_by_its_request(history: History, say: Say, run: Any, store: Any) -> None:
    store(run("r1", "+", tasks=asked("q1")), run("r2", "+", tasks=asked("q2")))
    say(word(request_id="q2"))
    assert matches(history) == [(1, "r2", "t0")]


def test_a_word_may_come_before_its_run(history: History, say: Say, run: Any, store: Any) -> None:
    say(word(request_id="q1"))
    assert matches(history) == [(0, None, None)]
    store(run("r1", "+", tasks=asked("q1")))
    assert matches(history) == [(1, "r1", "t0")]


def test_a_word_is_matched_by_its_task_in_its_run(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+-"), run("r2", "+-"))
    say(word(task_id="t1", run_id="r2"))
    assert matches(history) == [(1, "r2", "t1")]


def test_a_task_alone_is_enough_where_only_one_has_that_id(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"), run("r2", "+-"))
    say(word("a", task_id="t1"), word("b", task_id="t0"))
    assert matches(history) == [(1, "r2", "t1"), (2, None, None)]


def test_a_workflow_tells_tasks_of_the_same_id_apart(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"), run("r2", "+", workflow_id="other"))
    say(word(task_id="t0", workflow_id="other"))
    assert matches(history) == [(1, "r2", "t0")]


def test_a_task_of_a_run_that_is_not_there_is_not_looked_for_elsewhere(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"))
    say(word(task_id="t0", run_id="r9"))
    assert matches(history) == [(0, None, None)]


def test_a_case_in_a_run_is_matched_unless_it_was_repeated(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+-"), run("r2", "+-", tasks={"case_id": "c0"}))
    say(word("a", case_id="c1", run_id="r1"), word("b", case_id="c0", run_id="r2"))
    assert matches(history) == [(1, "r1", "t1"), (2, None, None)]


def test_a_request_that_no_task_has_leaves_the_task_to_be_looked_for(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"))
    say(word(request_id="unknown", task_id="t0", run_id="r1"))
    assert matches(history) == [(1, "r1", "t0")]


def test_a_request_that_several_tasks_share_is_told_apart_by_the_task(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "++", tasks=asked("trace")))
    say(word("a", request_id="trace"), word("b", request_id="trace", task_id="t1"))
    assert matches(history) == [(2, None, None), (1, "r1", "t1")]


def test_a_replaced_run_keeps_its_feedback(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"))
    say(word(task_id="t0", run_id="r1"))
    store(run("r1", "-"), replace=True)
    assert [one.status for one in queries.matched_feedback(history)] == ["failed"]


def test_a_workflow_shows_its_own_words_and_those_of_no_known_workflow(
    history: History, say: Say, run: Any, store: Any
) -> None:
    store(run("r1", "+"), run("r2", "+-", workflow_id="other"))
    say(
        word("a", task_id="t0", run_id="r1"),
        word("b", task_id="t1"),
        word("c", task_id="gone"),
        word("d", task_id="gone", workflow_id="other"),
    )
    assert matches(history, workflow_id="wf") == [(1, "r1", "t0"), (0, None, None)]
    assert len(matches(history, workflow_id="other")) == 3
    assert matches(history, run_id="r2") == [(1, "r2", "t1")]


def test_the_newest_word_is_first(history: History, say: Say) -> None:
    times = {"a": NOON, "b": None, "c": NOON + timedelta(days=30)}
    say(*[word(key, happened_at=at, comment=key) for key, at in times.items()])
    assert [one.comment for one in queries.matched_feedback(history)] == ["c", "a", "b"]


def test_the_tasks_of_each_variant_are_counted(history: History, run: Any, store: Any) -> None:
    store(run("r1", "+-"), run("r2", "+", label="v2", prompt="p"), run("r3", "+++"))
    counted = [(v.variant, v.n_tasks) for v in queries.variant_tasks(history, workflow_id="wf")]
    assert counted == [("v1", 5), ("v2", 1)]
    assert [v.n_tasks for v in queries.variant_tasks(history, run_id="r2")] == [1]


@pytest.mark.parametrize(
    ("policy", "comment", "event"),
    [
        (PayloadPolicy.FULL, "a long remark", '{"id":"f1"}'),
        (PayloadPolicy.EXCERPTS, "a lo", '{"id'),
        (PayloadPolicy.HASHES, text_sha256("a long remark"), text_sha256('{"id":"f1"}')),
        (PayloadPolicy.NONE, None, None),
    ],
)
def test_what_users_wrote_is_kept_as_far_as_texts_are(
    history: History, say: Say, policy: PayloadPolicy, comment: str | None, event: str | None
) -> None:
    settings = StoreSettings(raw=RawPolicy.NONE, payloads=policy, excerpt_chars=4)
    say(word(comment="a long remark"), settings=settings)
    row = history.connection.execute("SELECT comment, event FROM feedback").fetchall()
    assert row == [(comment, event)]
    assert say(word(comment="a long remark"), settings=settings).n_unchanged == 1


def test_the_file_is_kept_once_as_files_of_runs_are(history: History, say: Say) -> None:
    say(word())
    say(word())
    rows = history.connection.execute("SELECT source_sha256, path FROM sources").fetchall()
    assert [path for _, path in rows] == ["f.jsonl"]
    assert raw_content(history, rows[0][0]) == repr((word(),)).encode()
