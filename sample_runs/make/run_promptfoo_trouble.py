"""Let promptfoo meet trouble: failing, slow, silent and refusing servers, and its own cache.

No model runs: a small loopback server answers in fixed words or not at all. The files are
promptfoo's own.

    PROMPTFOO=node_modules/.bin/promptfoo python run_promptfoo_trouble.py

Needs what `run_promptfoo.py` needs, but not `serve.py`.
"""

import json
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from run_promptfoo import GRADER, evaluate
from suite import PARAMETERS, Json, read_cases

CASES = 3
TIME_LIMIT_MS = 1500
TOO_SLOW_SECONDS = 4.0
SERVERS = ("right", "wrong", "silent", "mute", "slow", "broken", "busy", "refusing")
FAILURES = {
    "broken": HTTPStatus.INTERNAL_SERVER_ERROR,
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "refusing": HTTPStatus.UNAUTHORIZED,
}
REPLIES = {
    "right": " positive",
    "wrong": " I cannot | say\n<b>that</b>",
    "silent": "",
    "mute": None,
}


class Handler(BaseHTTPRequestHandler):
    """Answer as the first part of the path says."""

    def do_POST(self) -> None:
        """Answer one completion request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.split("/")[1]
        if name == "slow":
            time.sleep(TOO_SLOW_SECONDS)
        if name in FAILURES:
            message = f"this server is {name}"
            self.reply(FAILURES[name], {"error": {"message": message, "type": "server_error"}})
            return
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        text = REPLIES.get(name, REPLIES["right"])
        self.reply(HTTPStatus.OK, {"choices": [{"text": text}], "usage": usage})

    def reply(self, status: HTTPStatus, payload: Json) -> None:
        """Send one JSON answer; a client that went away is not waited for."""
        content = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle(self) -> None:
        """Serve one connection, however it ends."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def main() -> None:
    """Run one evaluation against every server, and one twice with the cache on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        providers = [provider(name, port) for name in SERVERS]
        providers.append(provider("absent", closed_port()))
        evaluate(config(providers), "trouble", ("json", "jsonl", "csv", "junit.xml"))
        evaluate(config([provider("right", port)]), "cached", ("json",), cached=True)
        server.shutdown()


def closed_port() -> int:
    """Return a loopback port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def provider(name: str, port: int) -> Json:
    """Return one provider of the configuration."""
    address = f"http://127.0.0.1:{port}/{name}/v1"
    return {
        "id": "openai:completion:none",
        "label": name,
        "config": {"apiBaseUrl": address, "maxRetries": 0, **PARAMETERS},
    }


def config(providers: list[Json]) -> Json:
    """Return a configuration of one prompt and the first few cases."""
    return {
        "description": "trouble",
        "prompts": [{"label": "short", "raw": "Positive or negative? {{review}}"}],
        "providers": providers,
        "evaluateOptions": {"timeoutMs": TIME_LIMIT_MS},
        "defaultTest": {"assert": [{"type": "javascript", "value": f"file://{GRADER}"}]},
        "tests": [
            {
                "description": case["case_id"],
                "vars": {"review": case["text"], "expected": case["expected"]},
            }
            for case in read_cases()[:CASES]
        ],
    }


if __name__ == "__main__":
    main()
