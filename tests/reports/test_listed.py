from __future__ import annotations

from reports.parts.listed import VARIANTS_LISTED, telling, unlisted


def test_few_variants_are_all_listed() -> None:
    assert telling([0.5, None, 0.1]) == [0, 1, 2]
    assert unlisted(3, 3, "passed most") == ()


def test_of_many_variants_those_at_both_ends_are_listed_in_their_order() -> None:
    values = [float(place * 7 % 200) for place in range(200)]
    listed = telling(values)
    assert listed == sorted(listed)
    half = VARIANTS_LISTED // 2
    assert {values[place] for place in listed} == {*range(half), *range(200 - half, 200)}


def test_variants_of_which_nothing_is_known_fill_up_where_few_are() -> None:
    listed = telling([None] * 100 + [1.0, 0.0])
    assert listed == [*range(VARIANTS_LISTED - 2), 100, 101]


def test_what_is_left_out_is_said_with_how_to_get_it() -> None:
    (said,) = unlisted(50, 5_000, "passed most and least often")
    assert said.text == (
        "4,950 more variants not listed: these 50 passed most and least often. "
        "--json and -o FILE.csv have all."
    )
