from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from executor_bridge.files import long_lists
from executor_bridge.files.long_lists import long_list

WORDS = st.text(max_size=6) | st.sampled_from(
    ['"', "\\", '},{"a":', "]", "}]", '"task_results": [', "\\u00e9", "é漢😀"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, VALUES, max_size=4)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n  ", " :\t")])


@pytest.fixture(params=[8, 40, 2**20])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(long_lists, "WINDOW_BYTES", request.param)
    size: int = request.param
    return size


def elements(text: bytes) -> tuple[Any, Any] | None:
    found = long_list(memoryview(text), "task_results")
    if found is None:
        return None
    together = [one for stretch in found.stretches() for one in msgspec.json.decode(stretch)]
    return together, msgspec.json.decode(found.without())


@pytest.mark.parametrize("size", [8, 40, 300])
@examples(max_examples=60, deadline=None)
@given(
    before=OBJECTS,
    tasks=st.lists(OBJECTS, min_size=1, max_size=8),
    after=OBJECTS,
    separators=SEPARATORS,
    is_ascii=st.booleans(),
)
def test_stretches_hold_what_a_whole_decode_gives(
    size: int,
    before: dict[str, Any],
    tasks: list[Any],
    after: dict[str, Any],
    separators: tuple[str, str],
    is_ascii: bool,
) -> None:
    run = {"b" + key: value for key, value in before.items()} | {"task_results": tasks}
    run |= {"a" + key: value for key, value in after.items()}
    text = json.dumps(run, separators=separators, ensure_ascii=is_ascii).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_lists, "WINDOW_BYTES", size)
        found = elements(text)
    assert found is not None
    assert found[0] == tasks
    assert found[1] == run | {"task_results": [{}]}


@examples(max_examples=60, deadline=None)
@given(tasks=st.lists(OBJECTS, min_size=1, max_size=6), data=st.data())
def test_what_breaks_off_is_never_taken_for_whole(tasks: list[Any], data: st.DataObject) -> None:
    text = json.dumps({"run_id": "r", "task_results": tasks, "z": 1}).encode()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_lists, "WINDOW_BYTES", 16)
        try:
            found = elements(cut)
        except msgspec.DecodeError:
            found = None
    assert found is None


@pytest.mark.parametrize(
    "text",
    [
        '{"task_results": []}',
        '{"task_results": [{},]}',
        '{"task_results": [{} {}]}',
        '{"task_results": [{}}',
        '{"task_results": {}}',
        '{"other": [{}]}',
        '{"inner": {"task_results": [{}]}}',
        '[{"task_results": [{}]}]',
        "",
    ],
)
def test_what_is_no_list_of_objects_in_an_object_is_never_taken_for_one(
    window: int, text: str
) -> None:
    try:
        found = elements(text.encode())
    except msgspec.DecodeError:
        found = None
    assert found is None


def test_a_list_of_the_same_name_further_in_is_not_meant(window: int) -> None:
    text = b'{"metadata": {"task_results": [{"a": 1}]}, "task_results": [{"b": [{}, {}]}, {}]}'
    found = elements(text)
    assert found is not None
    assert found[0] == [{"b": [{}, {}]}, {}]
