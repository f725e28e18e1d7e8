"""The program kept warm: each call runs in a process forked off, whose id the caller is told.

Nothing is open and no thread runs where it forks. A call may wait until it is told to begin, for
one who wants to look over its shoulder, and may be told what time it is.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import sys
from datetime import datetime, tzinfo
from operator import itemgetter
from pathlib import Path
from typing import Any

import cli.optimizing.world
import cli.session

called, serve = itemgetter("called", "serve")(
    runpy.run_path(str(Path(__file__).parents[1] / "forking.py"))
)
CLOCK = "FAULTS_NOW"
WARMING = (
    ("ingest", "run.json", "other.json"),
    ("status",),
    ("decide", "-w", "wf"),
    ("decide", "--all"),
    ("approve", "latest", "--by", "ann"),
    ("rollout", "start", "latest"),
    ("rollout", "advance"),
    ("compare", "run", "other"),
    ("analyze", "run.json", "-o", "x.md"),
    ("store", "export", "--parquet", "out"),
    ("store", "migrate"),
    ("doctor",),
)


class Told(datetime):
    """The time as the caller wants it."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        start = os.environ.get(CLOCK)
        return datetime.fromisoformat(start) if start else datetime.now(tz)


def warm_up(folder: Path) -> None:
    """Run the commands once, so that what they need is loaded."""
    os.chdir(folder)
    out, err = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        codes = [called(list(words)) for words in WARMING]
        sys.stdout, sys.stderr = out, err
    if set(codes[:4] + codes[7:8]) != {0}:
        raise SystemExit(f"could not warm up: {codes}")
    gc.enable()


def answer(call: socket.socket) -> None:
    """Run what was asked for in another process; tell its id, then how it ended."""
    stream = call.makefile("rw")
    asked = json.loads(stream.readline())
    child = os.fork()
    if child == 0:
        run(asked, call)
    stream.write(f"{child}\n")
    stream.flush()
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    stream.write(f"{json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss])}\n")
    stream.flush()
    os._exit(0)


def run(asked: dict[str, Any], call: socket.socket) -> None:
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, name in enumerate(("/dev/null", asked["out"], asked["err"])):
            opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environ"])
        if asked["limit"]:
            import resource  # noqa: PLC0415

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["limit"],) * 2)
        if asked["waits"]:
            call.recv(1)
        call.close()
        code = called(asked["words"])
    finally:
        os._exit(code)


if __name__ == "__main__":
    cli.session.datetime = Told  # type: ignore[misc, attr-defined]
    cli.optimizing.world.datetime = Told  # type: ignore[misc, attr-defined]
    place, work = sys.argv[1:]
    warm_up(Path(work))
    serve(place, answer)
