"""Serve the suite's model to any tool, so that every tool gets the replies of the native run.

Speaks `POST /SESSION/v1/completions` on loopback. A call may hold any prompt of the suite; how
often its session has asked for that prompt before says which repeat it is. From the prompt and
the repeat follow the case, the variant and the seed, and the model gets the very request of the
native run. What else the tool sends (its own seed, top_p, stop words) is not passed on; a
temperature or a token limit other than the suite's is refused, because the tool would record
something that did not happen. Every session name starts counting at zero.

    python serve.py [PORT]

Needs what `requirements.txt` names. Ends with Ctrl-C.
"""

import http.client
import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from run_suite import complete, start_server, warm_up
from suite import MODEL, PARAMETERS, REPEATS, Json, read_cases, read_prompts, seed_for

PORT = 8765
PATIENCE_SECONDS = 120.0


class Suite:
    """The calls of the suite, known by their prompts, one at a time."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.calls = {
            template.replace("{review}", case["text"]): (case["case_id"], variant)
            for variant, template in read_prompts().items()
            for case in read_cases()
        }
        self.asked: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()

    def answer(self, session: str, request: Json) -> Json:
        """Return the model's reply to a call of the suite, as the native run asked for it.

        Raises:
            LookupError: The call is not one of the suite's.
        """
        prompt = request["prompt"]
        if isinstance(prompt, list):
            (prompt,) = prompt
        for name, value in PARAMETERS.items():
            if request.get(name, value) != value:
                raise LookupError(f"{name} is {request[name]}, expected {value}")
        if prompt not in self.calls:
            raise LookupError(f"no prompt of the suite: {prompt!r}")
        case_id, variant = self.calls[prompt]
        with self.lock:
            repeat = self.asked[session, prompt]
            if repeat not in REPEATS:
                raise LookupError(f"{case_id} was asked {repeat} times for {variant} already")
            self.asked[session, prompt] += 1
            seed = seed_for(repeat, case_id, variant)
            reply = complete(self.address, prompt, seed, time_limit_s=PATIENCE_SECONDS)
        return reply | {"model": MODEL}


def handler_of(suite: Suite) -> type[BaseHTTPRequestHandler]:
    """Make the request handler that asks this suite."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            session, _, path = self.path.strip("/").partition("/")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if path != "v1/completions":
                self.reply(http.client.NOT_FOUND, {"error": {"message": f"no {self.path}"}})
                return
            try:
                self.reply(http.client.OK, suite.answer(session, json.loads(body)))
            except LookupError as failure:
                self.reply(http.client.BAD_REQUEST, {"error": {"message": str(failure)}})

        def reply(self, status: int, payload: Json) -> None:
            content = json.dumps(payload).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    server = start_server()
    address = urlsplit(server.listening_address).netloc
    warm_up(address, read_prompts())
    with ThreadingHTTPServer(("127.0.0.1", port), handler_of(Suite(address))) as front:
        sys.stderr.write(f"ready on http://127.0.0.1:{port}/SESSION/v1/completions\n")
        front.serve_forever()


if __name__ == "__main__":
    main()
