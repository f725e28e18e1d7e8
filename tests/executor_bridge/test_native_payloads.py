from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from executor_bridge.formats.native.rows import DAMAGE, packed_payloads, payload, payloads
from executor_bridge.formats.native.wire import NOTHING
from optimizer.models.tasks import PackedTexts

TEXTS = st.sampled_from(
    [
        b"{}",
        b"{ }",
        b"null",
        b"[]",
        b"12",
        b'""',
        b'{"a":1}',
        b'{"a":"\\n"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\ud83d\\ude00"}',
        '{"a":"é"}'.encode(),
        b'{"a":"\xff"}',
    ]
)
RAWS = st.lists(st.one_of(st.just(NOTHING), TEXTS.map(Raw)), max_size=6)
Made = list[str | None] | str


def outcome(make: Callable[[Sequence[Raw]], Sequence[str | None]], raws: Sequence[Raw]) -> Made:
    try:
        return list(make(raws))
    except DAMAGE as damage:
        return type(damage).__name__


def one_by_one(raws: Sequence[Raw]) -> list[str | None]:
    return [payload(raw) for raw in raws]


@given(RAWS)
@example([Raw(b'{"a":"\xc3'), Raw(b'{"\xa9"}')])
def test_payloads_together_are_as_one_by_one(raws: list[Raw]) -> None:
    expected = outcome(one_by_one, raws)
    assert outcome(payloads, raws) == expected
    assert outcome(packed_payloads, raws) == expected


@given(st.lists(st.dictionaries(st.text("ab", max_size=2), st.integers()), max_size=6))
def test_plain_payloads_come_in_one_piece(values: list[dict[str, int]]) -> None:
    raws = [Raw(msgspec.json.encode(value)) for value in values]
    found = packed_payloads(raws)
    assert isinstance(found, PackedTexts)
    assert list(found) == payloads(raws)
    assert [found[n] for n in range(-len(raws), 0)] == payloads(raws)
    assert found[1:3] == payloads(raws)[1:3]


def test_an_index_beyond_packed_texts_is_refused() -> None:
    with pytest.raises(IndexError):
        PackedTexts(b"ab", (0, 2))[1]
