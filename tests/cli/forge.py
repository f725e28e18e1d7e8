"""A server that keeps comments as GitHub and GitLab do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

LONGEST = {"github": 65_536, "gitlab": 1_000_000}
PER_PAGE = 100
TOKEN = "ghs_0123456789secret"
ROBOT = {"login": "github-actions[bot]", "type": "Bot"}
EVE = {"login": "eve", "type": "User"}


@dataclass
class Forge:
    """A server that keeps comments as GitHub and GitLab do, and remembers what it was asked."""

    kind: str = "github"
    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    may_write: bool = True
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    """What is answered next in place of the truth: status, headers, body."""
    whose: dict[str, str] = field(default_factory=lambda: {TOKEN: "a job"})
    """Login of each token; that of a job is not told."""
    protected: set[int] = field(default_factory=set)

    def add(self, body: str, author: dict[str, Any] = EVE) -> int:
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, self.author: author})
        return number

    @property
    def author(self) -> str:
        return "user" if self.kind == "github" else "author"

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked if method != "GET"]

    def answer(
        self, method: str, path: str, token: str | None, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((method, path))
        self.tokens.append(token)
        if self.answers:
            return self.answers.pop(0)
        if token not in self.whose:
            return said(401, {"message": "Bad credentials"})
        return self._github(method, path, token, body)

    def _github(  # noqa: PLR0911 - an answer for each request
        self, method: str, path: str, token: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        who = self.whose[token]
        if parts.path.endswith("/user"):
            if who == "a job":
                return said(403, {"message": "Resource not accessible by integration"})
            return said(200, {"login": who, "username": who, "type": "User"})
        many = r"/repos/ada/prompts/issues/12/comments"
        one = r"/repos/ada/prompts/issues/comments/(\d+)"
        if self.kind == "gitlab":
            many = r"/projects/7/merge_requests/12/notes"
            one = many + r"/(\d+)"
        if method == "GET":
            found = re.search(f"{many}$", parts.path)
            return self._page(parse_qs(parts.query)) if found else said(404, {})
        if not self.may_write:
            return said(403, {"message": "Resource not accessible by integration"})
        text = json.loads(body)["body"]
        if len(text) > LONGEST[self.kind]:
            return said(422, {"message": "body is too long (maximum is 65536 characters)"})
        if method == "POST" and re.search(f"{many}$", parts.path):
            author = {"login": who, "username": who, "type": "User"}
            number = self.add(text, ROBOT if who == "a job" else author)
            return said(201, self._shown(number))
        found = re.search(f"{one}$", parts.path)
        if found and method == ("PATCH" if self.kind == "github" else "PUT"):
            number = int(found[1])
            if number in self.protected:
                return said(403, {"message": "not yours"})
            self.comments[number - 1]["body"] = text
            return said(200, self._shown(number))
        return said(404, {"message": "Not Found"})

    def _shown(self, number: int) -> dict[str, Any]:
        return self.comments[number - 1] | (
            {"html_url": f"https://github.test/ada/prompts/pull/12#issuecomment-{number}"}
            if self.kind == "github"
            else {}
        )

    def _page(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        page, size = int(query["page"][0]), int(query["per_page"][0])
        assert size <= PER_PAGE
        shown = self.comments[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(self.comments):
            headers["Link"] = f'<{self.url}/next>; rel="next", <{self.url}/last>; rel="last"'
        return said(200, shown, headers)


def said(
    status: int, content: Any, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    return status, headers or {}, json.dumps(content).encode()


class Handler(BaseHTTPRequestHandler):
    forge: Forge

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        token = bearer or self.headers.get("PRIVATE-TOKEN")
        status, headers, content = self.forge.answer(self.command, self.path, token, body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 - names of the library

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def forge() -> Iterator[Forge]:
    kept = Forge()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"forge": kept}))
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()
