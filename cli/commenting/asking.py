"""One request to the API of a service, and what may go wrong with it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from cli.commenting.places import Place, is_loopback
from optimizer import __version__
from optimizer.models.dataclass import dataclass
from reports.formatting import shorten
from reports.text import line

LONGEST_ANSWER = 50_000_000
LONGEST_REASON = 200
MOST_REDIRECTS = 3


class RefusedError(Exception):
    """The service did not do what it was asked.

    Args:
        reason: Why, in words for a person.
        status: What it answered, or None where it did not.
        wait_s: How long it asks to be left alone, in seconds, or None where it does not say.
        is_passing: Whether it may do so later.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        wait_s: float | None = None,
        is_passing: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.wait_s = wait_s
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered: a JSON value, and whether there are more pages of it."""

    content: Any
    has_more: bool


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to us: the token may not follow to another host."""

    def redirect_request(self, *_: object) -> None:
        return None


def ask(
    place: Place,
    method: str,
    url: str,
    *,
    timeout_s: float,
    content: Mapping[str, str] | None = None,
) -> Answer:
    """Ask a service for something and return its answer.

    Raises:
        RefusedError: It did not do it.
    """
    asked = url
    for _ in range(MOST_REDIRECTS + 1):
        request = urllib.request.Request(
            asked,
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                **place.headers,
                "Content-Type": "application/json",
                "User-Agent": f"optimizer/{__version__}",
            },
        )
        try:
            with _opener(asked).open(request, timeout=timeout_s) as answer:
                return _read(place, answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in _REDIRECTS:
                    raise _refusal(place, error) from None
                asked = _redirected(place, asked, error.headers.get("Location"))
        except (OSError, http.client.HTTPException) as error:
            said = getattr(error, "reason", None) or error
            reason = f"{place.to} does not answer: {_said(place, said)}"
            raise RefusedError(reason, is_passing=True) from None
    raise RefusedError(f"{place.to} redirects without end")


_REDIRECTS = frozenset({301, 302, 307, 308})
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return what opens an address; one on this machine without a proxy."""
    host = urlsplit(url).hostname or ""
    proxies = [urllib.request.ProxyHandler({})] if is_loopback(host) else []
    return urllib.request.build_opener(_NoRedirect, *proxies)


def _read(place: Place, answer: http.client.HTTPResponse) -> Answer:
    body = answer.read(LONGEST_ANSWER + 1)
    if len(body) > LONGEST_ANSWER:
        raise RefusedError(f"{place.to} answers with more than {LONGEST_ANSWER} bytes")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(f"{place.to} answers with something that is no JSON") from None
    return Answer(content=content, has_more='rel="next"' in answer.headers.get("Link", ""))


def _redirected(place: Place, url: str, location: str | None) -> str:
    """Return where a redirect leads, if it is the same server.

    Raises:
        RefusedError: It is another, which gets no token.
    """
    target = urljoin(url, location or "")
    here, there = urlsplit(url), urlsplit(target)
    if not location or (here.scheme, here.netloc) != (there.scheme, there.netloc):
        name = _said(place, f"{there.scheme}://{there.netloc}") if location else "nowhere"
        raise RefusedError(f"{place.to} redirects to {name}, which is not followed")
    return target


def _refusal(place: Place, error: urllib.error.HTTPError) -> RefusedError:
    wait_s = _seconds(error.headers.get("Retry-After"))
    is_limited = error.code in _BUSY or (
        error.code == HTTPStatus.FORBIDDEN
        and (wait_s is not None or error.headers.get("X-RateLimit-Remaining") == "0")
    )
    return RefusedError(
        f"{place.to} limits the rate ({error.code})" if is_limited else _reason(place, error),
        status=error.code,
        wait_s=wait_s,
        is_passing=is_limited or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _reason(place: Place, error: urllib.error.HTTPError) -> str:
    """Return why a service refuses, and what to do about it where that is known."""
    match error.code:
        case HTTPStatus.UNAUTHORIZED:
            return f"{place.to} does not accept the token (401)"
        case HTTPStatus.FORBIDDEN:
            return (
                f"the token may not write here (403): it needs '{place.permit}', which a pull "
                "request from a fork does not get"
            )
        case HTTPStatus.NOT_FOUND:
            return f"{place.to} knows no {place.name}, or the token may not see it (404)"
        case _:
            return f"{place.to} answers {error.code}{_message(place, error)}"


def _message(place: Place, error: urllib.error.HTTPError) -> str:
    """Return what a service says of its refusal, as the end of a sentence."""
    try:
        told = json.loads(error.read(LONGEST_ANSWER))
    except (ValueError, RecursionError, OSError, http.client.HTTPException):
        return ""
    said = told.get("message") if isinstance(told, dict) else None
    return f": {_said(place, said)}" if said else ""


def _said(place: Place, text: object) -> str:
    """Return a text from outside: one line, not long, without the token."""
    said = str(text).replace(place.token, "***") if place.token else str(text)
    return shorten(line(said), LONGEST_REASON)


def _seconds(said: str | None) -> float | None:
    try:
        return max(0.0, float(said)) if said is not None else None
    except ValueError:  # a date: how long that is, is not worth knowing
        return None
