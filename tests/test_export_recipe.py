from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import chdir
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from executor_bridge import read
from optimizer.models.ingest import IngestSettings

PAGE = Path(__file__).parent.parent / "docs" / "openai-evals.md"
PER_PAGE = 2


def told() -> dict[str, list[dict[str, object]]]:
    items = [
        {
            "object": "eval.run.output_item",
            "id": f"item_{n}",
            "run_id": "evalrun_1",
            "status": "pass",
            "datasource_item": {"n": n},
        }
        for n in range(5)
    ]
    run = {"object": "eval.run", "id": "evalrun_1", "eval_id": "eval_1", "name": "clear"}
    return {
        "/evals": [{"object": "eval", "id": "eval_1", "name": "numbers"}],
        "/evals/eval_1/runs": [run | {"created_at": 1_772_366_400, "status": "completed"}],
        "/evals/eval_1/runs/evalrun_1/output_items": items,
    }


class Platform(BaseHTTPRequestHandler):
    """Answers as the API of the platform does, a few objects to a page."""

    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer sk-test"
        url = urlsplit(self.path)
        rows = told()[url.path]
        after = parse_qs(url.query).get("after")
        first = [row["id"] for row in rows].index(after[0]) + 1 if after else 0
        data = rows[first : first + PER_PAGE]
        page = {"object": "list", "data": data, "has_more": first + PER_PAGE < len(rows)}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def platform() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_export_program_of_the_page_fetches_every_page(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"```python export_evals.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    program = found[1].replace("https://api.openai.com/v1/", platform)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with chdir(tmp_path):
        exec(compile(program, "export_evals.py", "exec"), {"__name__": "__main__"})
    (run,) = read(str(tmp_path / "openai-evals.jsonl"), IngestSettings()).runs
    assert (run.header.n_tasks, run.header.workflow_id) == (5, "numbers")
    assert run.header.warnings == ()
