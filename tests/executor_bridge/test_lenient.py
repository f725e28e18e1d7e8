from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge.lenient import without_halves, without_nan

TEXTS = st.text(alphabet='NaInfinity-"\\ x', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100)
@given(VALUES)
def test_what_is_no_number_is_null_and_everything_else_stays(value):
    text = json.dumps(value)
    expected = json.loads(text, parse_constant=lambda _: None)
    assert json.loads(without_nan(text.encode()), parse_constant=float) == expected


def test_text_that_is_no_json_is_left_as_it_is():
    for text in (b'{"a": NaN, "b', b"Nothing", b'"\\', b"-", b""):
        assert without_nan(text).replace(b"null", b"NaN") == text


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(codec=None), max_size=8))
def test_only_halves_of_pairs_are_replaced(text):
    found = json.loads(without_halves(json.dumps(text).encode()))
    assert found == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_row_that_is_not_utf_8_where_it_stays_raw_is_skipped(native):
    line = b'{"case_id": "%d", "input": {"q": "%s"}, "success": true}\n'
    text = line % (1, b"fine") + line % (2, b"caf\xe9") + line % (3, "caf\u00e9".encode())
    reading = native.reading(text)
    assert [row.case_id for run in reading.runs for row in run.tasks] == ["1", "3"]
    assert "line 2" in str(reading.skipped[0])
