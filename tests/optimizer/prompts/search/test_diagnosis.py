from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.optimization import CaseResult
from optimizer.prompts.search.diagnosis import diagnose, signature


def said(message: str | None, status: str = "failed") -> str:
    return signature(CaseResult(case_id="c", replicate=0, status=status, error_message=message))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expected 3 items, got 5", "expected 12 items, got 0"),
        ("expected 'yes', got 'no'", "expected 'maybe', got 'it''s'"),
        ('expected "a \\"b\\"" in reply', 'expected "c" in reply'),
        ("case c-17 failed at 0x7ffe12", "case c-4 failed at 0xdead01"),
        (
            "run 123e4567-e89b-12d3-a456-426614174000 is wrong",
            "run 00000000-0000-4000-8000-00000000abcd is wrong",
        ),
        ("not found: /tmp/a/b.json", "not found: /var/lib/x/y/z.json"),
        ("not found: C:\\a\\b.json", "not found: D:\\x\\y\\z.json"),
        ("see https://a.example/1?q=2", "see http://b.example/"),
        ("Reply  Is\nNot valid", "reply is not valid"),
        ('got {"a": [1, {"b": 2}]}', 'got {"c": 1}'),
        ("score 0.25 below 0.5", "score 1e-3 below 70%"),
        ("hash deadbeefcafe", "hash abcdefabcdef"),
        (
            "Traceback (most recent call last):\n  File 'x', line 3\nAssertionError: no date",
            "Traceback (most recent call last):\n  File 'y', line 9\n  z\nAssertionError: no date",
        ),
        ("missing keys: 'a', 'b', 'c'", "missing keys: 'a'"),
    ],
)
def test_what_differs_between_failures_of_one_kind_is_stripped(one: str, other: str) -> None:
    assert said(one) == said(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the date does not parse", "the amount has no currency"),
        ("the model doesn't say who's next", "the model doesn't say what is next"),
        ("missing key", "missing value"),
        (None, "wrong"),
    ],
)
def test_what_is_said_differently_stays_apart(one: str | None, other: str) -> None:
    assert said(one) != said(other)


def test_a_signature_names_the_reason_and_what_is_left_of_the_message() -> None:
    assert said("AssertionError: expected 'a', got 12") == (
        "assertion: assertionerror: expected <text>, got <n>"
    )
    assert said(None) == "unclassified: nothing was said"


def test_kinds_are_counted_the_most_frequent_first_and_the_service_apart(case, shown) -> None:
    cases = [case(f"c{i}") for i in range(8)]
    found = diagnose(
        [
            shown(cases[0], "succeeded"),
            shown(cases[1], "failed", "no date"),
            shown(cases[2], "failed", "label 'x' is unknown"),
            shown(cases[3], "failed", "label 'y' is unknown"),
            shown(cases[4], "error", "connection refused", infrastructure=True),
            shown(cases[5], "timeout", None, infrastructure=True),
            shown(cases[6], "failed", "label 'z' is unknown"),
            shown(cases[7], "succeeded"),
        ]
    )
    assert (found.n, found.n_passed) == (6, 2)
    assert [
        (cluster.signature, [one.case.case_id for one in cluster.failures])
        for cluster in found.clusters
    ] == [
        ("unclassified: label <text> is unknown", ["c2", "c3", "c6"]),
        ("unclassified: no date", ["c1"]),
    ]
    assert [len(cluster.failures) for cluster in found.infrastructure] == [1, 1]


def test_nothing_diagnosed_is_no_kind_of_failure() -> None:
    found = diagnose([])
    assert (found.n, found.n_passed, found.clusters, found.infrastructure) == (0, 0, (), ())


@given(st.text(max_size=600))
def test_any_message_has_a_signature_that_is_its_own_when_read_again(message: str) -> None:
    assert said(message) == said(message)
    assert len(said(message)) < 3000


@given(st.integers(0, 10))
def test_the_order_of_results_changes_no_count(case, shown, seed: int) -> None:
    results = [shown(case(f"c{i}"), "failed", f"kind {'abc'[i % 3] * 3}") for i in range(20)]
    mixed = random.Random(seed).sample(results, len(results))
    counts = [
        [(cluster.signature, len(cluster.failures)) for cluster in diagnose(some).clusters]
        for some in (results, mixed)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "message",
    ['"' * 5000, "'" * 5000, "/" * 5000, "[{" * 3000, "1." * 3000, "a@" * 3000, "\\" * 999],
)
def test_a_hostile_message_takes_no_longer_than_others(message: str) -> None:
    assert said(message)
