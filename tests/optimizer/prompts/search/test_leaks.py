from __future__ import annotations

import json

import pytest

from optimizer.models.optimization import Case
from optimizer.prompts.search.leaks import Leaks, grams


def case(case_id: str, **body) -> Case:
    return Case(case_id=case_id, body=json.dumps(body))


def found(text: str, *cases: Case, known: tuple[str, ...] = (), exempt: tuple[str, ...] = ()):
    return Leaks(cases, n_words=5).found(text, known=known, exempt=exempt)


def test_grams_are_words_in_a_row_whatever_their_case_and_marks():
    assert list(grams("The cat, SAT on-it now", n_words=5)) == [
        "the cat sat on it",
        "cat sat on it now",
    ]
    assert list(grams("one two three four", n_words=5)) == []


def test_grams_of_scripts_without_spaces_are_as_long_as_their_words_would_be():
    assert list(grams("\u4e00" * 16, n_words=5)) == ["\u4e00" * 15] * 2


@pytest.mark.parametrize(
    ("expected", "is_leak"),
    [
        ("good", False),
        ("yes", False),
        ("very good", False),
        ("to be reviewed", True),
        ("42", False),
        ("4711", True),
        ("2026-03-01", True),
        ("INV-7", True),
        (4711, True),
        (True, False),
        (None, False),
        ({"id": "INV-7"}, True),
        (["x", "INV-7"], True),
    ],
)
def test_expected_values_leak_where_they_give_their_case_away(expected, is_leak):
    texts = ["good", "yes", "very good", "to be reviewed", "42", "4711", "2026-03-01", "INV-7"]
    text = f"Say {', '.join(texts)}, True, None."
    assert (found(text, case("c", input="x", expected=expected)) is not None) == is_leak


def test_a_value_that_several_cases_expect_is_a_label():
    cases = [case(f"c{n}", expected="needs human review") for n in range(2)]
    assert found("Say needs human review.", *cases) is None


def test_a_value_within_a_longer_word_is_not_it():
    assert found("Code 14711.", case("c", expected="4711")) is None


def test_values_are_found_however_deep_and_of_any_name_that_says_so():
    body = {"tests": [{"assert": [{"type": "equals", "value": "INV-7"}]}]}
    assert "'INV-7'" in (found("Say INV-7.", case("c", **body)) or "")


def test_names_of_fields_are_no_values():
    body = {"the long name of a field": "x"}
    assert found("Give the long name of a field.", case("c", **body)) is None


def test_a_body_that_is_no_json_is_read_as_text():
    text = "Mind that the soup was cold again."
    one = Case(case_id="c", body="the soup was cold again")
    assert "'the soup was cold again'" in (found(text, one) or "")


def test_what_is_known_may_be_there():
    one = case("c", input="the soup was cold again", expected="INV-7")
    text = "INV-7: the soup was cold again"
    assert found(text, one, known=(text,)) is None
    assert found(text, one, exempt=("c",)) is None
