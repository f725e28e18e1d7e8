"""The program kept in memory: each call runs in a fork of it, with the caller's streams and folder.

Starting the program takes longer than most commands, and the scripts that are tried start it often.
Charts are left out: what draws them has threads, and a fork that waits for those waits for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import socket
import sys
from operator import itemgetter
from pathlib import Path

from reports.charts import drawn

CLIENT = """#!{python} -SE
import json, os, socket, sys
call = socket.socket(socket.AF_UNIX)
call.connect({address!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(call, [len(said).to_bytes(8, "big")], [0, 1, 2])
call.sendall(said)
sys.exit(int(call.recv(8) or b"70"))
"""
called, serve = itemgetter("called", "serve")(
    runpy.run_path(str(Path(__file__).parents[1] / "forking.py"))
)
SAMPLES = Path(__file__).parents[2] / "sample_runs" / "native"


def warm_up(folder: Path) -> None:
    """Run every command once, so that what it needs is loaded.

    No page: what draws its charts has threads, and a fork of a process with threads may hang.
    """
    old, now = (str(SAMPLES / f"sentiment-{name}.json") for name in ("clear", "few_shot"))
    written = [word for kind in ("md", "junit.xml") for word in ("-o", str(folder / f"x.{kind}"))]
    os.environ["GITHUB_REPOSITORY"] = "ada/prompts"
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        called(["gate", now, "--baseline", old, *written])
        called(["ingest", old, "--store", str(folder / "x.duckdb")])
        called(["comment", str(folder / "x.md"), "--to", "github", "--dry-run"])


def answer(call: socket.socket) -> None:
    length, streams, _, _ = socket.recv_fds(call, 8, 3)
    content = b""
    while len(content) < int.from_bytes(length, "big"):
        content += call.recv(65536)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    words, folder, environ = json.loads(content)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    call.sendall(str(called(words)).encode())
    os._exit(0)


if __name__ == "__main__":
    drawn.can_draw = lambda: False
    place = sys.argv[1]
    warm_up(Path(place).parent)
    serve(place, answer)
