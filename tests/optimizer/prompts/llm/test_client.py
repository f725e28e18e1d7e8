from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace

import pytest

from optimizer.models.errors import ConfigError
from optimizer.prompts.llm.client import Client, ServiceError
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.ports import ProposerError


def test_answers_with_text_tokens_and_reason(service, client_of, question, answering, key):
    service.then(200, answering("Hello"))
    answer = client_of(service).client(question)
    assert (answer.text, answer.finish_reason, answer.model) == ("Hello", "stop", "small-1")
    assert (answer.tokens_in, answer.tokens_out, answer.fault) == (100, 20, None)
    path, headers, body = service.asked[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {key}"
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "temperature": 1.0,
        "max_tokens": 4096,
        "seed": 7,
    }


def test_asks_at_completions_with_one_text_where_told(service, client_of, question):
    service.then(200, {"choices": [{"text": "Done", "finish_reason": "stop"}]})
    answer = client_of(service, mode="completion").client(question)
    path, _, body = service.asked[0]
    assert (answer.text, path, body["prompt"]) == ("Done", "/v1/completions", "s\n\nu")
    assert "messages" not in body
    assert answer.tokens_in is None


def test_names_the_limit_as_told_and_leaves_out_the_seed(service, client_of, question, answering):
    service.then(200, answering("x"))
    client_of(service, max_tokens_field="max_completion_tokens", send_seed=False).client(question)
    body = service.asked[0][2]
    assert body["max_completion_tokens"] == 4096
    assert not {"seed", "max_tokens"} & set(body)


def test_sends_no_authorization_without_a_key(service, client_of, question, answering):
    service.then(200, answering("x"))
    client_of(service, key_env=None).client(question)
    assert "Authorization" not in service.asked[0][1]


def test_counts_the_cost_where_prices_are_known(service, client_of, question, answering):
    service.then(200, answering("x"))
    priced = client_of(service, price_in_usd=2.0, price_out_usd=10.0).client(question)
    assert priced.cost_usd == pytest.approx((100 * 2 + 20 * 10) / 1e6)
    assert client_of(service, price_in_usd=2.0).client(question).cost_usd is None


def test_waits_as_long_as_a_busy_service_asks(service, client_of, question, answering):
    service.then(429, {"error": {"message": "slow down"}}, Retry_After="7")
    service.then(200, answering("x"))
    asked = client_of(service)
    assert asked.client(question).text == "x"
    assert asked.pauses == [7.0]


def test_waits_until_the_date_a_service_names_by_its_own_clock(
    service, client_of, question, answering
):
    def busy(handler) -> None:
        handler.send_response_only(503)
        handler.send_header("Date", "Wed, 21 Oct 2015 07:28:00 GMT")
        handler.send_header("Retry-After", "Wed, 21 Oct 2015 07:28:30 GMT")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.steps.append(busy)
    service.then(200, answering("x"))
    asked = client_of(service)
    asked.client(question)
    assert asked.pauses == [30.0]


def test_does_not_wait_longer_than_allowed(service, client_of, question):
    service.then(429, {"error": {"message": "quota"}}, Retry_After="3600")
    asked = client_of(service)
    with pytest.raises(ServiceError, match=r"429: quota; it asks to wait 3600 s, too long"):
        asked.client(question)
    assert asked.pauses == []


@pytest.mark.parametrize("retry_after", ["soon", "-5", "1e9", "Wed, 99 Foo 2015"])
def test_takes_its_own_pause_where_the_asked_one_makes_no_sense(
    service, client_of, question, answering, retry_after
):
    service.then(429, b"", Retry_After=retry_after)
    service.then(200, answering("x"))
    asked = client_of(service)
    asked.client(question)
    assert asked.pauses == [1.0]


def test_repeats_a_broken_call_after_ever_longer_pauses(service, client_of, question, answering):
    for status in (500, 502, 503):
        service.then(status, b"<html>bad</html>")
    service.then(200, answering("x"))
    asked = client_of(service)
    assert asked.client(question).text == "x"
    assert asked.pauses == [1.0, 2.0, 4.0]


def test_gives_up_after_as_many_repetitions_as_allowed(service, client_of, question):
    service.then(500, {"error": "out of memory"})
    asked = client_of(service, retries=2)
    with pytest.raises(ServiceError, match="500: out of memory"):
        asked.client(question)
    assert len(service.asked) == 3
    assert asked.client.n_sent == 3


def test_repeats_where_the_connection_is_closed(service, client_of, question, answering):
    service.steps.append(lambda handler: handler.connection.close())
    service.then(200, answering("x"))
    asked = client_of(service)
    assert asked.client(question).text == "x"
    assert len(asked.pauses) == 1


def test_repeats_where_a_body_breaks_off(service, client_of, question, answering):
    def short(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices":')

    service.steps.append(short)
    service.then(200, answering("x"))
    assert client_of(service).client(question).text == "x"


def test_says_where_nobody_listens(service, client_of, question):
    asked = client_of(service, base_url="http://127.0.0.1:9/v1", retries=1)
    with pytest.raises(ProposerError, match=r"http://127\.0\.0\.1:9: .*refused"):
        asked.client(question)
    assert len(asked.pauses) == 1


def test_does_not_wait_for_a_body_that_drips(service, client_of, question):
    def drip(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(40):
            time.sleep(0.05)
            handler.wfile.write(b" ")
            handler.wfile.flush()

    service.steps.append(drip)
    asked = client_of(service, timeout_s=0.2, retries=0)
    with pytest.raises(ServiceError, match=r"no answer within 0\.2 s"):
        asked.client(question)


def test_does_not_wait_for_a_service_that_says_nothing(service, client_of, question):
    service.steps.append(lambda _: time.sleep(1))
    with pytest.raises(ServiceError, match=r"no answer within 0\.2 s"):
        client_of(service, timeout_s=0.2, retries=0).client(question)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_fails_at_once_where_it_is_refused(service, client_of, question, status):
    service.then(status, {"error": {"message": "Not like this."}})
    asked = client_of(service)
    with pytest.raises(ServiceError, match=f"{status}: Not like this."):
        asked.client(question)
    assert len(service.asked) == 1


def test_never_shows_the_key_that_a_service_repeats(service, client_of, question, key):
    service.then(401, {"error": {"message": f"Incorrect API key provided: {key}. Sorry."}})
    with pytest.raises(ServiceError) as caught:
        client_of(service).client(question)
    assert key not in str(caught.value)
    assert "Incorrect API key provided: [redacted]" in str(caught.value)


def test_never_shows_half_a_key_either(service, client_of, question, key):
    for n in range(260, 300):
        service.steps.clear()
        service.then(400, b"x" * n + key.encode() + b"x" * 50, Content_Type="text/plain")
        with pytest.raises(ServiceError) as caught:
            client_of(service).client(question)
        assert key[:6] not in str(caught.value)


def test_caps_and_cleans_what_a_service_says(service, client_of, question):
    service.then(400, {"error": {"message": "\x1b[31m\u202eevil " + "long " * 1000}})
    with pytest.raises(ServiceError) as caught:
        client_of(service).client(question)
    assert len(str(caught.value)) < 400
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


def test_does_not_go_where_it_is_sent(service, client_of, question):
    service.then(307, b"", Location="http://169.254.169.254/latest")
    with pytest.raises(ServiceError, match="307: sends elsewhere, which is not followed"):
        client_of(service).client(question)
    assert len(service.asked) == 1


def test_does_not_read_more_than_allowed(service, client_of, question):
    service.then(200, b" " * 5000)
    with pytest.raises(ServiceError, match="more than 2000 bytes"):
        client_of(service, max_response_bytes=2000).client(question)


def test_unpacks_what_came_packed_within_the_same_bound(service, client_of, question, answering):
    packed = gzip.compress(json.dumps(answering("packed")).encode())
    service.then(200, packed, Content_Encoding="gzip")
    assert client_of(service).client(question).text == "packed"
    service.steps.clear()
    service.then(200, gzip.compress(b" " * 10_000_000), Content_Encoding="gzip")
    with pytest.raises(ServiceError, match="more than 2000 bytes"):
        client_of(service, max_response_bytes=2000).client(question)


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"not packed"), ("br", b"{}")])
def test_says_what_it_cannot_unpack(service, client_of, question, encoding, body):
    service.then(200, body, Content_Encoding=encoding)
    with pytest.raises(ServiceError, match=encoding):
        client_of(service).client(question)


def test_says_what_came_in_the_place_of_json(service, client_of, question):
    service.then(200, b"<html>Sign in to the network</html>", Content_Type="text/html")
    with pytest.raises(ServiceError, match=r"sent no JSON but text/html: <html>Sign in"):
        client_of(service).client(question)


@pytest.mark.parametrize(
    "body", [[], {}, {"choices": []}, {"choices": ["x"]}, {"choices": None}, 3, None, "text"]
)
def test_says_where_json_holds_no_answer(service, client_of, question, body):
    service.then(200, body)
    with pytest.raises(ServiceError, match="sent no answer"):
        client_of(service).client(question)


def test_repeats_the_error_that_came_as_a_success(service, client_of, question):
    service.then(200, {"error": {"message": "no such model", "code": 404}})
    with pytest.raises(ServiceError, match="sent no answer: no such model"):
        client_of(service).client(question)


def test_reads_an_answer_whatever_its_type_is_called(service, client_of, question, answering):
    service.then(200, answering("x"), Content_Type="text/plain")
    assert client_of(service).client(question).text == "x"


def test_joins_an_answer_that_comes_in_parts(service, client_of, question, answering):
    service.then(200, answering([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]))
    assert client_of(service).client(question).text == "ab"


@pytest.mark.parametrize(
    ("text", "finish_reason", "fault"),
    [
        ("half an ans", "length", "the answer was cut off at 20 tokens"),
        ("", "stop", "the answer is empty"),
        (None, "tool_calls", "the answer is empty"),
        (" \n", "stop", "the answer is empty"),
        ("x", "content_filter", "the service withheld the answer (content_filter)"),
    ],
)
def test_says_why_an_answer_is_of_no_use(
    service, client_of, question, answering, text, finish_reason, fault
):
    service.then(200, answering(text, finish_reason=finish_reason))
    answer = client_of(service).client(question)
    assert answer.fault == fault
    assert answer.tokens_out == 20


def test_replaces_halves_of_characters(service, client_of, question, answering):
    service.then(200, answering("a\ud800b"))
    assert client_of(service).client(question).text == "a\ufffdb"


def test_takes_no_way_through_a_proxy(service, client_of, question, answering, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    service.then(200, answering("x"))
    assert client_of(service, retries=0).client(question).text == "x"


@pytest.mark.parametrize(
    ("base_url", "found"),
    [
        ("ftp://127.0.0.1/v1", "expected an address such as"),
        ("127.0.0.1:8000/v1", "expected an address such as"),
        ("http://127.0.0.1:port/v1", "expected an address"),
        ("http://", "expected an address"),
        ("https://user:secret@example.org/v1", "holds a name or a password"),
        ("https://example.org/v1?key=1", "holds [?] or #"),
        ("https://ex\u00e4mple.org/v1", "letters beyond ASCII"),
        ("https://example.org/a b", "holds spaces"),
        ("http://example.org/v1", "expected https: key and prompts would be readable"),
        ("http://8.8.8.8/v1", "expected https"),
    ],
)
def test_refuses_an_address_that_is_none_or_not_safe(base_url, found):
    with pytest.raises(ConfigError, match=found) as caught:
        Client(LlmSettings(base_url=base_url, model="m"), environ={})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1/",
        "http://localhost/v1",
        "http://ollama:11434/v1",
        "http://192.168.1.5/v1",
        "http://host.docker.internal:1234/v1",
        "https://example.org/v1",
    ],
)
def test_takes_an_address_nearby_or_over_https(base_url):
    Client(LlmSettings(base_url=base_url, model="m"), environ={})


def test_leaves_the_network_in_the_open_only_where_allowed():
    settings = LlmSettings(base_url="http://example.org", model="m", allow_plain_http=True)
    Client(settings, environ={})


@pytest.mark.parametrize("value", ["", "  ", "two words", "caf\u00e9", "a\nb"])
def test_refuses_a_key_that_is_none_without_showing_it(value):
    settings = LlmSettings(base_url="http://127.0.0.1/v1", model="m", key_env="K")
    with pytest.raises(ConfigError, match=r"llm\.key_env: K") as caught:
        Client(settings, environ={"K": value})
    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize("host", ["a..b", "x" * 64])
def test_says_where_a_name_cannot_be_one(question, host):
    settings = LlmSettings(base_url=f"https://{host}/v1", model="m")
    with pytest.raises(ServiceError, match="label"):
        Client(settings, environ={}, sleep=pytest.fail)(question)


def test_asks_nothing_without_an_address():
    with pytest.raises(ConfigError, match=r"llm\.base_url: nothing"):
        Client(LlmSettings(model="m"), environ={})


def test_tells_questions_apart_by_all_that_an_answer_depends_on(question):
    others = [
        replace(question, model="n"),
        replace(question, seed=8),
        replace(question, temperature=0.5),
        replace(question, messages=question.messages[:1]),
    ]
    assert len({question.sha256, *(other.sha256 for other in others)}) == 5
    assert replace(question, occurrence=1).sha256 == question.sha256
