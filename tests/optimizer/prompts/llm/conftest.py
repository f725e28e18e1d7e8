from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from optimizer.models.completions import Message, Question
from optimizer.prompts.llm.client import Client
from optimizer.prompts.llm.settings import LlmSettings

KEY = "sk-test-1234567890abcdef1234"
Step = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        self.server.script.asked.append((self.path, dict(self.headers), body))
        self.server.script.next_step()(self)

    def reply(self, status: int, body: object, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Script:
    steps: list[Step] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def next_step(self) -> Step:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    def then(self, status: int, body: object, **headers: str) -> Script:
        self.steps.append(lambda handler: handler.reply(status, body, **headers))
        return self


class Server(ThreadingHTTPServer):
    daemon_threads = True
    script: Script

    def handle_error(self, *_: object) -> None:
        pass


def chat(text: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "model": "small-1",
        "choices": [
            {
                "message": {"role": "assistant", "content": text},
                "finish_reason": changes.pop("finish_reason", "stop"),
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    } | changes


@pytest.fixture
def answering() -> Callable[..., dict[str, Any]]:
    return chat


@pytest.fixture
def service() -> Iterator[Script]:
    server = Server(("127.0.0.1", 0), Handler)
    server.script = Script(url=f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.script
    server.shutdown()
    server.server_close()


@dataclass
class Asked:
    client: Client
    pauses: list[float]


@pytest.fixture
def client_of() -> Callable[..., Asked]:
    def make(service: Script, **changes: Any) -> Asked:
        settings: dict[str, Any] = {
            "base_url": service.url,
            "model": "m",
            "key_env": "THE_KEY",
            "timeout_s": 5.0,
        }
        pauses: list[float] = []
        client = Client(
            LlmSettings(**(settings | changes)), environ={"THE_KEY": KEY}, sleep=pauses.append
        )
        return Asked(client, pauses)

    return make


@pytest.fixture
def question() -> Question:
    return Question(
        model="m",
        mode="chat",
        messages=(Message(role="system", content="s"), Message(role="user", content="u")),
        temperature=1.0,
        max_tokens=4096,
        seed=7,
    )


@pytest.fixture
def key() -> str:
    return KEY
