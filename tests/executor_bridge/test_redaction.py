from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models import telltales
from optimizer.models.redaction import redact
from optimizer.models.secrets import LONG_SECRETS, REDACTED, SHORT_SECRETS

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\nabc\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    "openai": "sk-proj-abcDEF1234567890abcd",
    "anthropic": "sk-ant-api03-AAAABBBBCCCCDDDD",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "aws, temporary": "ASIAIOSFODNN7EXAMPLE",
    "google": "AIza" + "b" * 35,
    "github": "ghp_" + "a1" * 18,
    "github, server": "ghs_" + "a1" * 18,
    "github, fine-grained": "github_pat_" + "a1" * 20,
    "slack": "xoxb-123456789012-abcdef",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
    "bearer": "Bearer abcdefgh1234",
    "bearer, letters": "bearer abcdefghijklmnopqrstuvwxyz",
    "basic": "Basic dXNlcjpwYXNzd29yZA==",
    "address": "https://user:hunter2@example.com/x",
    "private key": PEM,
    "private key, cut": PEM[:45],
}
WITHIN = {"bearer": 7, "bearer, letters": 7, "basic": 6, "address": 13}
"""Where the secret itself begins, in those that are more than the secret."""

KEYS = [
    "api_key", "apikey", "apiKey", "API-KEY", "x-api-key", "OPENAI_API_KEY", "access_token",
    "accessToken", "refresh_token", "refreshToken", "client_secret", "client-secret",
    "clientSecret", "secret_key", "secretKey", "aws_secret_access_key", "password", "db_password",
    "passwd", "Authorization", "proxy-authorization", "private_key", "privateKey",
]  # fmt: skip


def secret_part(kind):
    return SECRETS[kind][WITHIN.get(kind, 0) :].split("@")[0]


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("before", ["", "key=", "line\n", "é ", "\\", "(", "\t"])
def test_a_secret_is_blanked_wherever_it_stands(kind, before):
    for shift in range(8):
        text = f"{'.' * shift}{before}{SECRETS[kind]} tail"
        for ascii_only in (True, False):
            redacted = redact(json.dumps({"a": text}, ensure_ascii=ascii_only).encode())
            left = json.loads(redacted.content)["a"]
            assert redacted.n_redacted == 1
            assert left.startswith("." * shift + before)
            assert secret_part(kind) not in left
            assert "[redacted]" in left
            if kind != "private key, cut":
                assert left.endswith(" tail") or left.endswith("@example.com/x tail")


@pytest.mark.parametrize("key", KEYS)
def test_the_value_of_a_telling_key_is_blanked(key):
    for shift in range(5):
        content = json.dumps({"." * shift: 1, key: 'hunter2 "q" \\ é\n'}).encode()
        redacted = redact(content)
        assert json.loads(redacted.content) == {"." * shift: 1, key: "[redacted]"}
        assert redacted.n_redacted == 1


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_value_of_a_telling_key_is_blanked_in_json_within_text(key, ascii_only):
    for shift in range(5):
        inner = json.dumps({"k": 1, key: 'hun"ter\\2 é\n', "z": 2}, ensure_ascii=ascii_only)
        content = json.dumps({"." * shift: inner}, ensure_ascii=ascii_only).encode()
        left = json.loads(json.loads(redact(content).content)["." * shift])
        assert left == {"k": 1, key: "[redacted]", "z": 2}


@pytest.mark.parametrize(
    "harmless",
    [
        {"tokens_used": 120, "max_tokens": "12", "total_tokens": "9", "token": "a", "key": "b"},
        {"task_id": "task-classification_of_sentiment_2024", "risk-assessment_of_everything": 1},
        {"text": "The bearer certificates and basic Operations of passwords; http://a.b:80/x@y"},
        {"api_key": "", "password": None, "secret_key": 12, "authorization": {"kind": "none"}},
        {"text": "-----BEGIN CERTIFICATE-----", "eyJ": "eyJhbGciOi", "sk": "sk-learn"},
        {"prompt": "api_key: none", "password_hint": "blue", "unauthorized": "401"},
    ],
)
def test_what_is_no_secret_is_left(harmless):
    content = json.dumps(harmless).encode()
    redacted = redact(content)
    assert redacted.content == content
    assert redacted.n_redacted == 0


def test_an_escape_is_never_cut_in_half():
    for escape in ("\\u00ee", "\\u000A", "\\b", "\\\\"):
        for secret in ("eyJhbGciOi.eyJhbGciOi", "AKIAIOSFODNN7EXAMPLE", "bearer abcdefgh1234"):
            content = f'{{"a": "{escape[:-1]}{secret}"}}'.encode()
            try:
                json.loads(content)
            except ValueError:
                continue
            json.loads(redact(content).content)


def test_several_secrets_are_counted():
    content = json.dumps([SECRETS["aws"], SECRETS["github"], {"password": SECRETS["slack"]}])
    redacted = redact(content.encode())
    assert json.loads(redacted.content) == ["[redacted]", "[redacted]", {"password": "[redacted]"}]
    assert redacted.n_redacted == 3


def test_a_secret_across_two_chunks_is_blanked(monkeypatch):
    monkeypatch.setattr(telltales, "CHUNK_BYTES", 64)
    for shift in range(70):
        content = json.dumps(["x" * shift + " " + SECRETS["openai"], {"password": "x"}]).encode()
        assert redact(content).n_redacted == 2


def test_patterns_of_the_user_are_blanked_in_values_only():
    content = b'{"ticket-1": "see ticket-22 or ticket-3\\nticket-4", "n": 5}'
    redacted = redact(content, [r"ticket-\d+"])
    assert redacted.content == (
        b'{"ticket-1": "see [redacted] or [redacted]\\n[redacted]", "n": 5}'
    )
    assert redacted.n_redacted == 3


def test_greedy_patterns_of_the_user_leave_json_behind():
    content = json.dumps({"a": 'q"uo\\te \n é \ud83d\ude00', "b": [1, True, "x"]}).encode()
    for pattern in (".+", ".*", "[^x]+", r"\d", '"', r"\\", "redacted", "e"):
        redacted = redact(content, [pattern])
        assert json.loads(redacted.content).keys() == {"a", "b"}
        assert redact(redacted.content, [pattern]).content == redacted.content


def test_the_pair_that_tells_of_a_short_secret_tells_of_no_other():
    pairs = [
        (first, second)
        for secret in SHORT_SECRETS
        for at in secret.telltale
        for first in secret.head[at]
        for second in secret.head[at + 1]
    ]
    assert len(set(pairs)) == len(pairs)


def test_every_telltale_covers_an_aligned_address():
    for secret in SHORT_SECRETS:
        even, odd = secret.telltale
        assert (even % 2, odd % 2) == (0, 1)
        assert max(even, odd) + 1 < len(secret.head)
    assert all(len(window) == 7 for secret in LONG_SECRETS for window in secret.windows)


def by_pattern(content):
    """Redact the slow way: try every pattern everywhere, until nothing is found."""
    while True:
        spans = sorted(
            match.span(match.lastindex or 0)
            for secret in (*SHORT_SECRETS, *LONG_SECRETS)
            for start in range(len(content))
            if (match := secret.pattern.match(content, start)) and match[match.lastindex or 0]
        )
        if not spans:
            return content
        left, done = b"", 0
        for first, last in spans:
            if first >= done:
                left += content[done:first] + REDACTED
            done = max(done, last)
        content = left + content[done:]


PIECES = st.one_of(
    st.sampled_from([*SECRETS.values(), "sk-", "AKIA", "eyJ", "Bearer ", "://u:", "@", '"', "\\"]),
    st.text(max_size=6),
    st.binary(min_size=6, max_size=9).map(lambda raw: "Basic " + base64.b64encode(raw).decode()),
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(KEYS), inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=6,
)


def encoded(value, ascii_only):
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@given(value=VALUES, ascii_only=st.booleans())
def test_what_is_left_is_json_without_secrets(value, ascii_only):
    once = redact(encoded(value, ascii_only))
    json.loads(once.content.decode("utf-8", "surrogatepass"))
    again = redact(once.content)
    assert (again.content, again.n_redacted) == (once.content, 0)
    assert (once.n_redacted == 0) == (once.content == encoded(value, ascii_only))


@given(value=VALUES, ascii_only=st.booleans(), share=st.floats(0, 1))
def test_a_file_that_breaks_off_is_blanked_to_its_end(value, ascii_only, share):
    content = encoded(value, ascii_only)
    once = redact(content[: int(share * len(content))])
    assert redact(once.content).n_redacted == 0


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        (b'{"password":"hunter2', b'{"password":"[redacted]'),
        (b'{"password":"hunter2\\', b'{"password":"[redacted]\\'),
        (b'"{\\"password\\":\\"hunter2"', b'"{\\"password\\":\\"[redacted]"'),
        (b'{"password":"[redacted] hunter2"', b'{"password":"[redacted]"'),
    ],
)
def test_a_value_that_breaks_off_is_blanked_once(cut, left):
    assert redact(cut).content == left


def test_what_is_no_token_hides_no_token_before_it():
    token = SECRETS["web token"]
    for shift in range(4):
        content = f'"{token} {"." * shift} eyJaaaaaaa {"." * shift} {token}"'.encode()
        assert redact(content).n_redacted == 2
        assert b"eyJh" not in redact(content).content


def test_a_user_s_pattern_is_blanked_in_a_text_that_breaks_off():
    assert redact(b'{"a": "ticket-1', [r"ticket-\d+"]).content == b'{"a": "[redacted]'


@given(value=VALUES, ascii_only=st.booleans())
def test_looking_at_telltales_finds_what_searching_everywhere_finds(value, ascii_only):
    content = encoded(value, ascii_only)
    assert redact(content).content == by_pattern(content)


@given(value=VALUES, pattern=st.sampled_from([r"\w+", ".", "a|b", r"^\S", r"[0-9]{2}", "é"]))
def test_patterns_of_the_user_leave_json_and_are_done_once(value, pattern):
    once = redact(encoded(value, False), [pattern])
    json.loads(once.content.decode("utf-8", "surrogatepass"))
    assert redact(once.content, [pattern]).content == once.content


@given(
    before=st.text(alphabet=st.characters(codec="utf-8"), max_size=9),
    kind=st.sampled_from(sorted(SECRETS)),
)
def test_a_planted_secret_is_gone(before, kind):
    content = json.dumps({"a": f"{before} {SECRETS[kind]} "}).encode()
    left = json.loads(redact(content).content)["a"]
    assert not re.search(re.escape(secret_part(kind)), left)


@given(content=st.binary(max_size=300))
def test_any_bytes_are_taken(content):
    redact(content)
    redact(content, ["a"])
