from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from reports.text import glue, line, plain

JOINERS = {"\u200c", "\u200d"}


def test_escapes_are_spelled_out() -> None:
    assert plain("\x1b[31mred\x07\x9b") == "\\x1b[31mred\\x07\\x9b"


def test_marks_of_direction_are_spelled_out() -> None:
    assert plain("a\u202eb\u2066c\u200f") == "a\\u202eb\\u2066c\\u200f"


def test_invisible_tags_are_spelled_out() -> None:
    assert plain("\U000e0041") == "\\U000e0041"


def test_line_feeds_stay_and_other_line_ends_become_one() -> None:
    assert plain("a\r\nb\nc\rd") == "a\nb\nc\\x0dd"


def test_ordinary_text_of_any_language_is_untouched() -> None:
    text = "naïve 日本語 עברית नमस्ते 👩\u200d💻 ≥ 80.0 %"
    assert plain(text) == text


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_steering_is_left(text: str) -> None:
    left = plain(text).replace("\n", "")
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in left)
    assert not any(unicodedata.bidirectional(c) in BIDI for c in left)


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text())
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_a_line_has_no_line_feed() -> None:
    assert line(" a\n\n b\tc ") == "a b c"


def test_figures_keep_their_units() -> None:
    glued = glue("passed 0.0 %, 95 % CI [0.0, 3.1] %, n = 120, in 4.66 s by some").replace(
        "\u00a0", "_"
    )
    assert glue("[-52.0, unbounded] %, p < 0.001").replace("\u00a0", "_") == (
        "[-52.0,_unbounded]_%, p_<_0.001"
    )
    assert glued == "passed 0.0_%, 95_%_CI [0.0,_3.1]_%, n_=_120, in 4.66_s by some"
