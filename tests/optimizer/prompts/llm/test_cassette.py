from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from optimizer.models.completions import Answer, Spent
from optimizer.models.errors import ConfigError, FormatError
from optimizer.prompts.llm.asking import Asking, source_of
from optimizer.prompts.llm.cassette import Recorded, ReplayMissError, Tape, open_tape
from optimizer.prompts.llm.settings import LlmSettings

DAY = date(2026, 3, 1)


def tape_at(path: Path, **changes) -> Tape:
    told = {"model": "m", "base_url": "http://127.0.0.1:8000/v1", "today": DAY}
    return open_tape(path, **(told | changes))


def recorded(path: Path, question, *texts: str) -> None:
    tape = tape_at(path)
    for occurrence, text in enumerate(texts):
        tape.keep(question.again(occurrence), Answer(text=text))


def test_gives_again_what_a_service_answered_when_it_is_off(
    service, client_of, question, answering, tmp_path, key
):
    path = tmp_path / "tape.json"
    service.then(200, answering("one")).then(200, answering("two"))
    client = client_of(service).client
    live = Recorded(tape_at(path), client)
    asked = [live(question), live(question.again(1))]
    assert [answer.text for answer in asked] == ["one", "two"]

    replayed = Recorded(tape_at(path, must_exist=True), None)
    assert [replayed(question), replayed(question.again(1))] == asked
    assert client.n_sent == 2
    assert key not in path.read_text()


def test_asks_only_what_the_cassette_lacks(service, client_of, question, answering, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "known")
    service.then(200, answering("new"))
    client = client_of(service).client
    source = Recorded(tape_at(path), client)
    assert source(question).text == "known"
    assert source(replace(question, seed=8)).text == "new"
    assert client.n_sent == 1
    assert len(tape_at(path)) == 2


def test_writes_an_answer_down_before_the_next_is_asked(
    service, client_of, question, answering, tmp_path
):
    path = tmp_path / "tape.json"
    service.then(200, answering("paid")).then(401, {})
    source = Recorded(tape_at(path), client_of(service).client)
    source(question)
    with pytest.raises(Exception, match="401"):
        source(question.again(1))
    assert len(tape_at(path)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["tape.json"]


def test_says_what_it_is_of_and_where_it_came_from(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x")
    assert json.loads(path.read_text())["header"] == {
        "format": "prompt-optimizer cassette",
        "format_version": 1,
        "model": "m",
        "host": "127.0.0.1",
        "recorded_on": "2026-03-01",
    }


def test_keeps_texts_of_all_kinds(question, tmp_path):
    path = tmp_path / "tape.json"
    text = 'a "quoted" \\ line\r\n\u6f22\u5b57 \u202e </prompt> ```'
    recorded(path, question, text)
    assert tape_at(path).find(question) == Answer(text=text)


def test_a_miss_names_the_question_and_what_differs(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x")
    changed = replace(
        question,
        seed=9,
        messages=(question.messages[0], replace(question.messages[1], content="U")),
    )
    with pytest.raises(ReplayMissError) as caught:
        Recorded(tape_at(path), None)(changed)
    said = str(caught.value)
    assert changed.sha256[:12] in said
    assert "seed (9, recorded 7), message 2 (from character 1 on)" in said


def test_a_question_asked_more_often_than_recorded_is_a_miss(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x")
    with pytest.raises(ReplayMissError, match=r"occurrence \(1, recorded 0\)"):
        Recorded(tape_at(path), None)(question.again(1))


def test_a_miss_of_an_empty_cassette_says_so(question, tmp_path):
    with pytest.raises(ReplayMissError, match="the cassette is empty"):
        Recorded(tape_at(tmp_path / "tape.json"), None)(question)


def test_refuses_a_cassette_of_another_model(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x")
    with pytest.raises(ConfigError, match="a cassette of m, expected one of other"):
        tape_at(path, model="other")


def test_refuses_to_replay_what_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        tape_at(tmp_path / "tape.json", must_exist=True)
    with pytest.raises(ConfigError, match="no cassette"):
        source_of(LlmSettings(), environ={}, replay=True)


def test_says_where_it_cannot_write(question, tmp_path):
    tape = tape_at(tmp_path / "no" / "such" / "folder" / "tape.json")
    with pytest.raises(ConfigError, match="expected a file that can be written"):
        tape.keep(question, Answer(text="x"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"header": {', "line 1, column 13"),
        (b"", "line 1, column 1"),
        (b'{"a": "\xff"}', "the file: found something else, expected JSON in UTF-8"),
        (b"[]", "header.format: expected 'prompt-optimizer cassette'"),
        (b'{"entries": []}', "header.format"),
        (b'{"header": {"format": "prompt-optimizer cassette", "format_version": 2}}', "found 2"),
    ],
)
def test_says_what_is_wrong_with_a_file_and_where(tmp_path, content, said):
    path = tmp_path / "tape.json"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        tape_at(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_says_which_entry_is_damaged(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x", "y")
    whole = json.loads(path.read_text())
    del whole["entries"][1]["answer"]["text"]
    path.write_text(json.dumps(whole))
    with pytest.raises(FormatError, match="entries"):
        tape_at(path)


def test_says_which_entry_was_edited(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "x")
    whole = json.loads(path.read_text())
    whole["entries"][0]["question"]["seed"] = 3
    path.write_text(json.dumps(whole))
    with pytest.raises(FormatError, match=r"entries\[0\]\.question_sha256"):
        tape_at(path)


def test_counts_how_often_the_same_was_asked(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "first", "second")
    settings = LlmSettings(model="m")
    asking = Asking(settings, source_of(settings, environ={}, tape=tape_at(path), replay=True))
    assert [asking(question.messages, 7).text for _ in range(2)] == ["first", "second"]
    assert asking.spent == Spent(n_answers=2, tokens=None, cost_usd=None)


def test_asks_no_more_often_than_allowed(question, tmp_path):
    path = tmp_path / "tape.json"
    recorded(path, question, "first", "second")
    settings = LlmSettings(model="m", max_calls=1)
    asking = Asking(settings, source_of(settings, environ={}, tape=tape_at(path), replay=True))
    asking(question.messages, 7)
    with pytest.raises(Exception, match="asked 1 time, as often as allowed"):
        asking(question.messages, 7)


def test_needs_the_name_of_a_model(question):
    with pytest.raises(ConfigError, match=r"llm\.model: nothing"):
        Asking(LlmSettings(), lambda _: Answer(text="x"))(question.messages, 1)
