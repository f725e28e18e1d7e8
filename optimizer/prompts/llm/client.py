"""A small client for any OpenAI-compatible service, with nothing but the standard library.

Asks: `POST {base_url}/chat/completions` or `/completions`, directly: proxies of the environment
are not used, redirects are not followed, and nothing is asked where no address is configured.

Repeats: where the service is busy (429), broken (5xx) or away, after the pause it asks for, else
after ever longer ones. Any other refusal fails at once with the service's own words.

Keeps to itself: the key. It is read from the environment variable that the settings name, sent
in a header, and blanked wherever the service repeats it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from optimizer.models.completions import Answer, Question
from optimizer.models.errors import ConfigError
from optimizer.models.redaction import redact
from optimizer.prompts.llm.settings import LlmSettings, Mode
from optimizer.prompts.llm.transport import Response, Unreachable, Unreadable, endpoint, post
from optimizer.prompts.ports import ProposerError

PATHS = {Mode.CHAT: "/chat/completions", Mode.COMPLETION: "/completions"}
MAX_MESSAGE = 300
"""Characters of the service's own words in an error."""

PER_MILLION = 1_000_000
SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
KEY = re.compile(r"[\x21-\x7e]+")


class ServiceError(ProposerError):
    """The service cannot be asked, or what it sends is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """Why a call failed, whether it may be repeated, and the pause that the service asks for."""

    what: str
    again: bool = False
    wait_s: float | None = None


class Client:
    """Asks the configured service."""

    def __init__(
        self,
        settings: LlmSettings,
        *,
        environ: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not settings.base_url:
            raise ConfigError(
                "llm.base_url: nothing, expected the address of a service",
                hint="Name one with --llm-base-url; nothing is asked without it.",
            )
        self._settings = settings
        self._url = endpoint(
            settings.base_url,
            PATHS[settings.mode],
            allow_plain_http=settings.allow_plain_http,
        )
        self._key = _key(settings.key_env, environ)
        self._sleep = sleep
        self.n_sent = 0

    def __call__(self, question: Question) -> Answer:
        """Return the answer of the service.

        Raises:
            ServiceError: It refuses, stays away, or sends something else than an answer.
        """
        body = json.dumps(self._payload(question)).encode()
        pause_s = self._settings.backoff_s
        for n_left in range(self._settings.retries, -1, -1):
            found = self._sent(body)
            if isinstance(found, Answer):
                return found
            wait_s = pause_s if found.wait_s is None else found.wait_s
            if not found.again or not n_left:
                raise self._error(found.what)
            if wait_s > self._settings.max_wait_s and found.wait_s is not None:
                raise self._error(f"{found.what}; it asks to wait {wait_s:g} s, too long")
            self._sleep(min(wait_s, self._settings.max_wait_s))
            pause_s *= 2
        raise AssertionError

    def _payload(self, question: Question) -> dict[str, Any]:
        payload = question.facts
        payload[self._settings.max_tokens_field] = payload.pop("max_tokens")
        del payload["mode"]
        if not self._settings.send_seed:
            del payload["seed"]
        if self._settings.mode is Mode.COMPLETION:
            messages = payload.pop("messages")
            payload["prompt"] = "\n\n".join(message["content"] for message in messages)
        return payload

    def _sent(self, body: bytes) -> Answer | _Trouble:
        self.n_sent += 1
        try:
            response = post(
                self._url,
                body,
                self._headers(),
                timeout_s=self._settings.timeout_s,
                max_bytes=self._settings.max_response_bytes,
            )
        except Unreachable as error:
            return _Trouble(what=str(error), again=error.again)
        except Unreadable as error:
            return _Trouble(what=f"the response is of no use: {error}")
        if response.status != HTTPStatus.OK:
            return _refusal(response)
        return self._answer(response)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "prompt-optimizer",
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers

    def _answer(self, response: Response) -> Answer | _Trouble:
        try:
            body = json.loads(response.body)
        except (ValueError, RecursionError):
            kind = response.headers.get("content-type", "no type")
            return _Trouble(what=f"sent no JSON but {kind}: {_start(response.body)}")
        choice = _first_choice(body)
        if choice is None:
            return _Trouble(what=f"sent no answer: {_said(body) or _start(response.body)}")
        usage = body["usage"] if isinstance(body.get("usage"), dict) else {}
        tokens_in, tokens_out = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
        return Answer(
            text=_whole_characters(_text(choice)),
            model=_string(body.get("model")),
            finish_reason=_string(choice.get("finish_reason")),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=self._cost(tokens_in, tokens_out),
        )

    def _cost(self, tokens_in: int | None, tokens_out: int | None) -> float | None:
        prices = self._settings.price_in_usd, self._settings.price_out_usd
        if tokens_in is None or tokens_out is None or prices[0] is None or prices[1] is None:
            return None
        return (tokens_in * prices[0] + tokens_out * prices[1]) / PER_MILLION

    def _error(self, what: str) -> ServiceError:
        if self._key is not None:
            what = what.replace(self._key, "[redacted]")
        blanked = redact(what.encode("utf-8", "replace"), is_json=False).content.decode()
        said = "".join(sign if sign.isprintable() else " " for sign in blanked)
        if len(said) > MAX_MESSAGE:
            said = f"{said[:MAX_MESSAGE]}..."
        return ServiceError(
            f"{self._url.scheme}://{self._url.netloc}: {said}",
            hint="What was found so far is kept; run it again with --resume.",
        )


def _key(name: str | None, environ: Mapping[str, str]) -> str | None:
    if name is None:
        return None
    key = environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"llm.key_env: {name} is not set, expected the key of the service",
            hint=f"Set {name} in the environment.",
        )
    if not KEY.fullmatch(key):
        raise ConfigError(f"llm.key_env: {name} holds spaces or other signs, expected a key")
    return key


def _refusal(response: Response) -> _Trouble:
    status = response.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _Trouble(what=f"{status}: sends elsewhere, which is not followed")
    try:
        said = _said(json.loads(response.body))
    except (ValueError, RecursionError):
        said = None
    busy = status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return _Trouble(
        what=f"{status}: {said or _start(response.body) or 'no reason given'}",
        again=busy or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        wait_s=_retry_after(response.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause asked for; a date counts from the service's own."""
    asked = headers.get("retry-after", "").strip()
    if SECONDS.fullmatch(asked):
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _first_choice(body: object) -> dict[str, Any] | None:
    choices = body.get("choices") if isinstance(body, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _text(choice: Mapping[str, Any]) -> str:
    """Return the text of a choice, of a message or of a completion, in one piece or several."""
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else choice.get("text")
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _whole_characters(text: str) -> str:
    """Return a text that can be stored: halves of characters are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _said(body: object) -> str | None:
    """Return what a service says of an error, in the shapes that are in use."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error.get("code")
    return error if isinstance(error, str) else None


def _tokens(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _start(body: bytes) -> str:
    return body[:MAX_MESSAGE].decode("utf-8", "replace")
