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
from http import HTTPStatus
from typing import Any

from optimizer.models.completions import Answer, Question
from optimizer.models.errors import ConfigError
from optimizer.models.redaction import redact
from optimizer.prompts.llm.responses import MAX_MESSAGE, Trouble, answer, refusal
from optimizer.prompts.llm.settings import LlmSettings, Mode
from optimizer.prompts.llm.transport import Unreachable, Unreadable, endpoint, post
from optimizer.prompts.ports import ProposerError

PATHS = {Mode.CHAT: "/chat/completions", Mode.COMPLETION: "/completions"}
KEY = re.compile(r"[\x21-\x7e]+")


class ServiceError(ProposerError):
    """The service cannot be asked, or what it sends is no answer."""


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
        found = self._sent(body)
        for n_before in range(self._settings.retries):
            if isinstance(found, Answer) or not found.again:
                break
            self._sleep(self._pause_s(found, n_before))
            found = self._sent(body)
        if isinstance(found, Trouble):
            raise self._error(found.what)
        return found

    def _pause_s(self, trouble: Trouble, n_before: int) -> float:
        longest_s = self._settings.max_wait_s
        if trouble.wait_s is None:
            return min(longest_s, self._settings.backoff_s * 2.0**n_before)
        if trouble.wait_s > longest_s:
            what = f"{trouble.what}; it asks to wait {trouble.wait_s:g} s, too long"
            raise self._error(what)
        return trouble.wait_s

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

    def _sent(self, body: bytes) -> Answer | Trouble:
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
            return Trouble(what=str(error), again=error.again)
        except Unreadable as error:
            return Trouble(what=f"the response is of no use: {error}")
        if response.status != HTTPStatus.OK:
            return refusal(response)
        return answer(response, self._settings)

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

    def _error(self, what: str) -> ServiceError:
        if self._key is not None:
            what = what.replace(self._key, "[redacted]")
        blanked = redact(what.encode("utf-8", "replace"), is_json=False).content.decode()
        said = "".join(sign if sign.isprintable() else " " for sign in blanked)
        if len(said) > MAX_MESSAGE:
            said = f"{said[:MAX_MESSAGE]}..."
        return ServiceError(
            f"{self._url.scheme}://{self._url.netloc}: {said}",
            hint="What was found so far is kept; run it again to go on.",
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
