from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from optimizer.history.store import History, temporary_history
from optimizer.models.optimization import Case, CaseResult, Draft, FailureCluster, Shown
from optimizer.prompts.llm.asking import Asking, source_of
from optimizer.prompts.llm.cassette import ReplayMissError, open_tape
from optimizer.prompts.llm.remembered import Remembered
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.ports import Ask, ProposerError
from optimizer.prompts.search.guards import guards, longest
from optimizer.prompts.search.llm import LlmProposer
from optimizer.prompts.settings import OptimizeSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
PROMPT = "# Task\n\nClassify {{ review }}.\n\nAnswer in one word.\n"


class Handler(BaseHTTPRequestHandler):
    """Adds a rule, numbered by how often it was asked."""

    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.n_asked += 1
        nonce = re.search(r"<section-(\w+)", body["messages"][1]["content"])[1]
        text = (
            f"<diagnosis-{nonce}>No labels.</diagnosis-{nonce}>"
            f"<edit-{nonce} op=ADD section=2>Rule {self.server.n_asked}.</edit-{nonce}>"
        )
        reply = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        content = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (content[:10], content[10:]):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


class Service(HTTPServer):
    n_asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as history:
        yield history


def ask(seed: int) -> Ask:
    case = Case(case_id="c", body='{"input": "bad soup"}')
    failed = Shown(case=case, result=CaseResult(case_id="c", replicate=0, status="failed"))
    return Ask(
        prompt=PROMPT,
        cluster=FailureCluster(signature="s", failures=(failed,)),
        failing=(failed,),
        passing=(),
        refused=(),
        seed=seed,
    )


def drafts(
    history: History, tape: Path, *, url: str | None, replay: bool = False, optimization="o"
) -> list[Draft]:
    settings = LlmSettings(base_url=url, model="m", retries=0)
    opened = open_tape(tape, model="m", base_url=url, today=DAY, must_exist=replay)
    source = source_of(settings, environ={}, tape=opened, replay=replay)
    remembered = Remembered(
        lambda: nullcontext(history), source, optimization_id=optimization, now=lambda: NOON
    )
    asking = Asking(settings, remembered)
    limit = longest(PROMPT, OptimizeSettings())
    proposer = LlmProposer(asking, settings, max_tokens=limit)
    return [draft for seed in (1, 2, 1) for draft in proposer.propose(ask(seed))]


def test_drafts_of_a_service_pass_the_guards(service, history, tmp_path):
    guard = guards(PROMPT, settings=OptimizeSettings())
    found = drafts(history, tmp_path / "tape.json", url=service.url)
    assert [re.findall(r"Rule \d", draft.text) for draft in found] == [
        ["Rule 1"],
        ["Rule 2"],
        ["Rule 3"],
    ]
    assert [guard(draft, PROMPT) for draft in found] == [None, None, None]


def test_a_resumed_search_is_given_the_same_drafts_and_asks_nobody(service, history, tmp_path):
    found = drafts(history, tmp_path / "tape.json", url=service.url)
    assert drafts(history, tmp_path / "other.json", url="http://127.0.0.1:9/v1") == found
    assert service.n_asked == 3


def test_a_cassette_gives_the_same_drafts_with_the_service_off(service, history, tmp_path):
    tape = tmp_path / "tape.json"
    found = drafts(history, tape, url=service.url)
    assert drafts(history, tape, url=None, replay=True, optimization="p") == found
    assert service.n_asked == 3


def test_a_cassette_of_another_search_stops_it_with_a_reason(service, history, tmp_path):
    tape = tmp_path / "tape.json"
    drafts(history, tape, url=service.url)
    settings = LlmSettings(model="m")
    opened = open_tape(tape, model="m", base_url=None, today=DAY)
    asking = Asking(settings, source_of(settings, environ={}, tape=opened, replay=True))
    with pytest.raises(ReplayMissError, match="the nearest differs in seed"):
        LlmProposer(asking, settings, max_tokens=500).propose(ask(3))


def test_a_service_that_is_away_stops_it(history, tmp_path):
    with pytest.raises(ProposerError, match="refused"):
        drafts(history, tmp_path / "tape.json", url="http://127.0.0.1:9/v1")
