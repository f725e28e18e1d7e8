from __future__ import annotations

import pytest

from optimizer.models.failures import PATTERNS, Failure, FailureKind, FailurePattern, classify

MESSAGES = [
    ("error_code 429: ", FailureKind.LLM, "rate_limit"),
    ("RateLimitError: Too Many Requests", FailureKind.LLM, "rate_limit"),
    (
        "The response was filtered by Azure's content management policy",
        FailureKind.LLM,
        "content_filter",
    ),
    ("This model's maximum context length is 8192 tokens", FailureKind.LLM, "context_length"),
    ("No output", FailureKind.LLM, "empty_output"),
    ("Request timed out.", FailureKind.TIMEOUT, "timeout"),
    ("504 Gateway Timeout", FailureKind.TIMEOUT, "timeout"),
    ("Incorrect API key: 401 Unauthorized", FailureKind.API, "authentication"),
    ("Connection refused", FailureKind.API, "connection"),
    ("HTTP 503 Service Unavailable", FailureKind.API, "server_error"),
    ("upstream returned status code: 529", FailureKind.API, "server_error"),
    ("404: model gpt-9 not found", FailureKind.API, "not_found"),
    ("Output is not valid JSON", FailureKind.VALIDATION, "schema"),
    ("value_error:others", FailureKind.VALIDATION, "schema"),
    ("AssertionError", FailureKind.VALIDATION, "assertion"),
    ("assertion failed: expected 'negative', got 'positive'", FailureKind.VALIDATION, "assertion"),
]


@pytest.mark.parametrize(("message", "kind", "reason"), MESSAGES)
def test_the_message_tells_the_class(message: str, kind: FailureKind, reason: str) -> None:
    assert classify("failed", message) == Failure(kind=kind, reason=reason)


def test_every_pattern_has_an_example() -> None:
    assert {p.reason for p in PATTERNS} - {m[2] for m in MESSAGES} == {"refusal"}
    assert classify("failed", "the model refused to answer") == Failure(
        kind=FailureKind.LLM, reason="refusal"
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("failed", FailureKind.UNCLASSIFIED),
        ("error", FailureKind.API),
        ("timeout", FailureKind.TIMEOUT),
    ],
)
def test_without_a_telling_message_the_status_decides(status: str, kind: FailureKind) -> None:
    for message in (None, "", "hm"):
        assert classify(status, message) == Failure(kind=kind, reason=None)


def test_a_timeout_stays_one_whatever_it_says() -> None:
    assert classify("timeout", "429") == Failure(kind=FailureKind.TIMEOUT, reason=None)


@pytest.mark.parametrize("status", ["succeeded", "cancelled", "pending", "running", "queued"])
def test_what_did_not_fail_is_no_failure(status: str) -> None:
    assert classify(status, "HTTP 500") is None


def test_numbers_inside_words_are_no_status_codes() -> None:
    assert classify("failed", "case-4290 differs") == Failure(
        kind=FailureKind.UNCLASSIFIED, reason=None
    )


def test_patterns_of_the_user_come_first() -> None:
    own = FailurePattern(reason="tool", kind=FailureKind.API, pattern="tool .* failed")
    assert classify("failed", "tool search failed: bad JSON", extra=[own]) == Failure(
        kind=FailureKind.API, reason="tool"
    )
