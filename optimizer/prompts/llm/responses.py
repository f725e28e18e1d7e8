"""What a service's response says: an answer, or why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from optimizer.models.completions import Answer
from optimizer.models.dataclass import dataclass
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.llm.transport import Response

MAX_MESSAGE = 300
"""Characters of the service's own words in an error."""

MAX_BODY = 4096
"""Bytes of a body that are looked at for an error; more than are shown, so that no key is cut."""

PER_MILLION = 1_000_000
SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a call failed, whether it may be repeated, and the pause that the service asks for."""

    what: str
    again: bool = False
    wait_s: float | None = None


def answer(response: Response, settings: LlmSettings) -> Answer | Trouble:
    """Return the answer in a response that the service calls a success."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "no type")
        return Trouble(what=f"sent no JSON but {kind}: {_start(response.body)}")
    choice = _first_choice(body)
    if choice is None:
        return Trouble(what=f"sent no answer: {_said(body) or _start(response.body)}")
    usage = body["usage"] if isinstance(body.get("usage"), dict) else {}
    tokens_in, tokens_out = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
    return Answer(
        text=_whole_characters(_text(choice)),
        model=_string(body.get("model")),
        finish_reason=_string(choice.get("finish_reason")),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_usd=_cost(tokens_in, tokens_out, settings),
    )


def refusal(response: Response) -> Trouble:
    """Return why a service did not answer, and whether it may be asked again."""
    status = response.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Trouble(what=f"{status}: sends elsewhere, which is not followed")
    try:
        said = _said(json.loads(response.body))
    except (ValueError, RecursionError):
        said = None
    busy = status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return Trouble(
        what=f"{status}: {said or _start(response.body) or 'no reason given'}",
        again=busy or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        wait_s=_retry_after(response.headers),
    )


def _cost(tokens_in: int | None, tokens_out: int | None, settings: LlmSettings) -> float | None:
    prices = settings.price_in_usd, settings.price_out_usd
    if tokens_in is None or tokens_out is None or prices[0] is None or prices[1] is None:
        return None
    return (tokens_in * prices[0] + tokens_out * prices[1]) / PER_MILLION


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
    return body[:MAX_BODY].decode("utf-8", "replace")
