"""What people and machines do to the program: bad files, bad stores, bad terminals, bad luck."""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from markdown_it import MarkdownIt

from optimizer.models.failures import classify
from optimizer.models.redaction import redact

Run = Callable[..., Any]
Write = Callable[..., Path]

ROOT = Path(__file__).parents[2]
RUN = json.dumps(
    {
        "run_id": "r1",
        "workflow_id": "wf",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:01:00Z",
        "metadata": {"prompt_variant": "v1"},
        "task_results": [
            {
                "task_id": "t1",
                "workflow_id": "wf",
                "task_status": "succeeded",
                "created_at": "2026-03-01T12:00:00Z",
                "execution_time": 0.5,
                "test_result": {
                    "status": "success",
                    "cost": 0.001,
                    "tokens_used": 7,
                    "inputs": {"q": "?"},
                    "outputs": {"a": "!"},
                },
            },
        ],
    }
)
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
HOSTILE = (
    "\x1b[31m\x1b]0;title\x07\x9b2J\x08<script>alert(1)</script> | `x` [l](javascript:x) "
    "\u202ebidi\u2066\u200b\r\n# head\n{{ 7 * 7 }}"
)
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")
TABLES = ("tasks", "task_payloads")


def changed(old: str, new: str) -> bytes:
    assert old in RUN
    return RUN.replace(old, new, 1).encode()


def without(field: str) -> bytes:
    run = json.loads(RUN)
    del run[field]
    return json.dumps(run).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1: found nothing"),
    "blank": (b" \n\t ", "line 1: found only white space"),
    "prose": (b"hello world", "format: found a text that is no JSON"),
    "zeros": (b"\0" * 100, "format: found a text that is no JSON"),
    "list": (b"[1, 2]", "format: found a JSON list"),
    "fields": (b"{}", "format: found a JSON object without fields"),
    "promptfoo": (
        b'{"evaluation": 1, "results": {}}',
        "format: found a JSON object with evaluation, results",
    ),
    "cut": (RUN[:-1].encode(), "found the end of the text"),
    "cut-text": (RUN[:300].encode(), "expected the closing quote of a text"),
    "twice": ((RUN + RUN).encode(), "expected nothing after the end of the JSON value"),
    "utf-16": (RUN.encode("utf-16"), "format: found a text that is no JSON"),
    "no-run-id": (without("run_id"), "run_id: expected a text that is not empty"),
    "no-start": (without("started_at"), "started_at: expected a time such as"),
    "null-id": (changed('"run_id": "r1"', '"run_id": null'), "run_id: found null"),
    "number-id": (changed('"run_id": "r1"', '"run_id": 5'), "run_id: found 5"),
    "status": (changed('"succeeded"', '"SUCCEEDED"'), '].task_status: found "SUCCEEDED"'),
    "typo": (changed('"execution_time"', '"exec_time"'), "did you mean `execution_time`?"),
    "nan": (changed("0.001", "NaN"), "task_results[0].test_result.cost: found NaN"),
    "infinity": (changed("0.5", "Infinity"), "task_results[0].execution_time: found Infinity"),
    "overflow": (changed("0.001", "1e999"), "test_result.cost: found Infinity"),
    "negative": (changed("0.001", "-1"), "test_result.cost: found -1, expected a number from 0"),
    "huge": (changed(": 7", f": {2**70}"), f"tokens_used: found {2**70}"),
    "digits": (changed(": 7", ": " + "2" * 5000), "tokens_used: found 222222"),
    "true": (changed(": 7", ": true"), "tokens_used: found true"),
    "nan-inside": (changed('"?"', "NaN"), "inputs.q: found NaN, expected a finite number"),
    "old": (changed("2026-03-01T12:00:00Z", "1970-01-01T00:00:00Z"), "a time from 2000 to 2099"),
    "far": (changed("2026-03-01T12:01:00Z", "9999-12-31T23:59:59Z"), "a time from 2000 to 2099"),
    "no-day": (changed("2026-03-01T12:01:00Z", "2026-02-30T12:00:00Z"), 'found "2026-02-30'),
    "backwards": (changed("12:01:00Z", "11:00:00Z"), "expected a time not before started_at"),
    "no-tasks": (
        json.dumps(json.loads(RUN) | {"task_results": []}).encode(),
        "task_results: found no tasks",
    ),
    "statistics": (
        changed('"metadata"', '"statistics": {"total_tasks": 9}, "metadata"'),
        "statistics.total_tasks: found 9, expected 1 (counted in task_results)",
    ),
    "deep": (DEEP.encode(), "nested too deep"),
    "deep-inputs": (changed('{"q": "?"}', DEEP), "nested too deep"),
    "byte": (RUN.encode().replace(b"r1", b"r\xff"), "found 0xff, expected text in UTF-8"),
    "byte-inside": (RUN.encode().replace(b"?", b"\xff"), "found 0xff, expected text in UTF-8"),
    "surrogate": (changed('"r1"', r'"\ud800"'), "expected text without half a surrogate pair"),
    "surrogate-inside": (changed('"!"', r'"\udc00"'), "outputs.a: found"),
    "cut-gzip": (gzip.compress(RUN.encode())[:-9], "found compressed data that breaks off"),
    "bad-gzip": (gzip.compress(RUN.encode())[:-6] + b"\xff" * 6, "found damaged data"),
    "empty-gzip": (gzip.compress(b""), "line 1: found nothing"),
    "cut-zstd": (zstandard.compress(RUN.encode())[:-9], "found compressed data that breaks off"),
}

GOOD: dict[str, bytes] = {
    "mark.json": b"\xef\xbb\xbf" + RUN.encode(),
    "lines.json": json.dumps(json.loads(RUN), indent=1).replace("\n", "\r\n").encode(),
    "packed.json.gz": gzip.compress(RUN.encode()),
    "packed.json.zst": zstandard.compress(RUN.encode()),
    "packed-unsaid.json": gzip.compress(RUN.encode()),
    "plain-unsaid.json.gz": RUN.encode(),
    "padded.json.gz": gzip.compress(RUN.encode()) + b"\0" * 512,
    "parts.json.gz": gzip.compress(RUN[:99].encode()) + gzip.compress(RUN[99:].encode()),
    "a b\n\u6f22\u202e[x]*?.json": RUN.encode(),
    "-dash.json": RUN.encode(),
    "x" * 240 + ".json": RUN.encode(),
}


def start(*args: str | Path, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *map(str, args)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
    )


def small_files_only() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def interruptible() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def opened(store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(store)
    try:
        yield connection
    finally:
        connection.close()


def count(store: Path, table: str) -> int:
    with opened(store) as connection:
        return int(connection.table(table).count("*").fetchall()[0][0])


def assert_nothing_is_half_stored(store: Path, n_tasks: int) -> None:
    with opened(store) as connection:
        for table in TABLES:
            rows = connection.execute(
                f"SELECT run_id, count(*) FROM {table} GROUP BY run_id"
            ).fetchall()
            runs = connection.execute("SELECT run_id FROM runs").fetchall()
            assert {run_id for run_id, _ in rows} == {run_id for (run_id,) in runs}
            assert {n for _, n in rows} <= {n_tasks}


def test_every_damaged_file_is_refused_with_its_place_and_the_good_one_is_stored(
    optimizer: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, (content, _) in REFUSED.items():
        (folder / f"{name}.json").write_bytes(content)
    (folder / "good.json").write_bytes(RUN.encode())
    done = optimizer("ingest", "-k", "in", "--store", "s.duckdb", "--json")
    assert (done.code, done.err) == (2, "")
    items = {Path(item["path"]).stem: item for item in done.json["items"]}
    assert items.pop("good")["status"] == "stored"
    assert items.keys() == REFUSED.keys()
    for name, item in items.items():
        assert item["status"] == "rejected"
        assert item["reason"].startswith(f"in/{name}.json: ")
        assert REFUSED[name][1] in item["reason"]
    assert count(tmp_path / "s.duckdb", "tasks") == 1
    assert optimizer("doctor", "--store", "s.duckdb").code == 0


@pytest.mark.parametrize("name", ["cut", "deep-inputs"])
def test_a_damaged_file_is_an_error_of_analyze_and_gate(
    optimizer: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "bad.json").write_bytes(REFUSED[name][0])
    for command in ("analyze", "gate"):
        done = optimizer(command, "bad.json", "--json")
        assert done.code == 2
        assert done.json["error"]["kind"] == "FormatError"
        assert done.err.startswith("error: bad.json: ")
        assert REFUSED[name][1] in done.err


def test_a_good_file_is_read_whatever_its_clothes_and_name(optimizer: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in GOOD.items():
        (folder / name).write_bytes(content)
    done = optimizer("ingest", "-k", "in", "--store", "s.duckdb", "--replace", "--json")
    assert (done.code, done.err) == (0, "")
    assert len(done.json["items"]) == len(GOOD)
    assert count(tmp_path / "s.duckdb", "tasks") == 1


def test_a_bad_line_spoils_its_file_and_is_named(optimizer: Run, tmp_path: Path) -> None:
    lines = [RUN.replace("r1", f"r{i}") for i in range(4)]
    for name, bad in {"syntax": "{broken", "list": "[]", "again": lines[0]}.items():
        text = "\n".join([*lines[:2], "", bad, lines[3]])
        (tmp_path / f"{name}.jsonl").write_text(text)
    done = optimizer("ingest", "-k", ".", "--store", "s.duckdb", "--json")
    assert [item["reason"].partition(".jsonl: ")[2] for item in done.json["items"]] == [
        'line 4: run_id: found "r0" as in line 1, expected an id used only once',
        "line 4: the outermost value: found a list, expected an object, the run",
        'line 4, column 2: found "broken", expected a field name in double quotes',
    ]
    assert count(tmp_path / "s.duckdb", "runs") == 0


def test_cancelled_tasks_only_are_stored_but_not_judged(optimizer: Run, run_file: Write) -> None:
    path = run_file(marks="ccc")
    assert optimizer("gate", path).code == 2
    assert optimizer("ingest", path).code == 0
    assert optimizer("decide", "--all").code == 0


@pytest.mark.parametrize(
    ("field", "value"), [("tokens_used", 2**63 - 1), ("tokens_used", 2**62), ("cost", 1e308)]
)
def test_numbers_of_any_size_are_refused_or_reckoned_with(
    optimizer: Run, tmp_path: Path, field: str, value: float
) -> None:
    run = json.loads(RUN)
    task = run["task_results"][0]
    task["test_result"][field] = value
    run["task_results"] = [{**task, "task_id": f"t{i}"} for i in range(4)]
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert optimizer("gate", "run.json").code in {0, 1, 2, 3}
    assert "not a usable history" not in optimizer("ingest", "run.json").err


def test_numbers_that_do_not_fit_stop_only_their_own_file(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(changed(": 7", f": {2**63 - 1}"))
    (tmp_path / "b.json").write_text(RUN.replace("r1", "r2"))
    done = optimizer("ingest", "-k", "a.json", "b.json", "--store", "s.duckdb", "--json")
    assert [item["status"] for item in done.json["items"]][1] == "stored"


def test_a_missing_file_does_not_keep_the_others_from_being_stored(
    optimizer: Run, run_file: Write
) -> None:
    done = optimizer("ingest", "-k", "missing.json", run_file(), "--json")
    assert done.code == 2
    assert [item["status"] for item in done.json["items"]] == ["rejected", "stored"]


def named_in_bytes(folder: Path, name: bytes) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name))


def test_files_are_read_whose_names_are_not_utf8(optimizer: Run, tmp_path: Path) -> None:
    folder = named_in_bytes(tmp_path, b"in\xfe")
    folder.mkdir()
    (folder / "good.json").write_text(RUN)
    named_in_bytes(folder, b"bad\xff.json").write_text("{}")
    named_in_bytes(folder, b"name\xff.json").write_text(RUN.replace("r1", "r2"))
    for outcome in ("stored", "unchanged"):
        done = optimizer("ingest", "-k", folder, "--store", "s.duckdb", "--json")
        items = {item["path"].rpartition("/")[2]: item for item in done.json["items"]}
        assert {name: item["status"] for name, item in items.items()} == {
            "bad\\xff.json": "rejected",
            "good.json": outcome,
            "name\\xff.json": outcome,
        }
        assert items["bad\\xff.json"]["reason"].startswith(f"{tmp_path}/in\\xfe/bad\\xff.json: ")
    assert "name\\xff.json" in optimizer("show", "r2", "--store", "s.duckdb").out
    assert "bad\\xff.json" in optimizer("status", "--store", "s.duckdb").out
    analyzed = optimizer("analyze", named_in_bytes(folder, b"name\xff.json"), "--json")
    assert analyzed.json["total"]["source_path"] == f"{tmp_path}/in\\xfe/name\\xff.json"


@pytest.mark.parametrize(
    "args",
    [
        ("ingest", "-k", "\udcff", "run.json"),
        ("analyze", "\udcff.json"),
        ("show", "\udcff"),
        ("explain", "\udcff"),
        ("report", "-w", "\udcff"),
        ("decide", "-w", "\udcff"),
        ("decide", "-w", "wf", "--variant", "\udcff"),
        ("runs", "--store", "run.json/\udcff"),
        ("ingest", "run.json", "--store", "\udcff"),
        ("store", "export", "--parquet", "\udcff"),
        ("config", "show", "--config", "\udcff.toml"),
    ],
)
def test_an_argument_that_is_not_utf8_is_no_bug(
    optimizer: Run, run_file: Write, args: tuple[str, ...]
) -> None:
    optimizer("ingest", run_file())
    for more in ([], ["--json"]):
        done = optimizer(*args, *more)
        assert done.code == 2
        assert "Traceback" not in done.err


def test_the_audit_log_takes_a_user_whose_name_is_not_utf8(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file())
    assert optimizer("decide", "--all", LOGNAME="\udcff").code == 0
    assert "\\xff" in optimizer("explain", "latest").out


def without_privileges() -> None:
    """Let permissions hold for root too, by giving up the right to read and write anything."""
    drop_from_bounding_set, override, read_and_search = 24, 1, 2
    for capability in (override, read_and_search) if os.geteuid() == 0 else ():
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """Make a folder of three runs, the one in a folder below it locked away."""
    folder = tmp_path / "in"
    for name in ("a/a", "b/b", "c/c"):
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True)
        path.write_text(RUN.replace("r1", name))
    (folder / "b").chmod(0)
    yield folder
    (folder / "b").chmod(0o700)


def told(*args: str | Path, cwd: Path) -> tuple[int, str, str]:
    done = start(*args, cwd=cwd, preexec_fn=without_privileges)
    out, err = done.communicate()
    return done.returncode, out, err


def test_a_folder_that_may_not_be_read_is_named(locked: Path, tmp_path: Path) -> None:
    for args in (("in",), ("in/a", "in/b"), ("in/a", "in/b/b.json")):
        (tmp_path / "s.duckdb").unlink(missing_ok=True)
        code, out, _ = told("ingest", *args, "--store", "s.duckdb", "--json", cwd=tmp_path)
        assert code == 2
        stored, rejected = json.loads(out)["items"]
        assert (stored["run_ids"], rejected["status"]) == (["a/a"], "rejected")
        assert rejected["path"] == ("in/b/b.json" if "in/b/b.json" in args else "in/b")
        assert "found permission denied, expected a f" in rejected["reason"]
        assert rejected["hint"].startswith("Ask for the right to read it")


def test_a_folder_that_may_not_be_read_does_not_keep_the_others_from_being_stored(
    locked: Path, tmp_path: Path
) -> None:
    code, out, _ = told("ingest", "-k", "in", "--store", "s.duckdb", "--json", cwd=tmp_path)
    items = json.loads(out)["items"]
    assert code == 2
    assert [item["status"] for item in items] == ["stored", "rejected", "stored"]
    assert items[1]["reason"] == (
        "in/b: folder: found permission denied, expected a folder that can be read"
    )
    assert rejects(tmp_path / "s.duckdb") == ["in/b"]


def rejects(store: Path) -> list[str]:
    with opened(store) as connection:
        rows = connection.execute("SELECT path FROM ingest_rejects").fetchall()
    return [path for (path,) in rows]


def test_what_may_not_be_read_is_named_with_a_hint(
    optimizer: Run, locked: Path, tmp_path: Path
) -> None:
    optimizer("ingest", "in/a/a.json", "--store", "in/b/s.duckdb")
    for args in (
        ("analyze", "in/b/b.json"),
        ("runs", "--store", "in/b/s.duckdb"),
        ("doctor", "--store", "in/b/s.duckdb"),
        ("ingest", "in/a", "--store", "in/b/s.duckdb"),
        ("config", "show", "--config", "in/b/b.toml"),
        ("analyze", "in/a/a.json", "--prompt", "in/b/prompt.txt"),
    ):
        code, _, err = told(*args, cwd=tmp_path)
        assert code == 2
        assert err.startswith("error: in/b/")
        assert "ermission denied" in err
        assert "\nhint: Ask for the right to " in err


def test_a_failure_with_a_very_long_message_is_classed() -> None:
    assert classify("failed", "blocked by " * 50_000) == classify("failed", "blocked by " * 5)


@pytest.mark.parametrize("beginning", [b'"', b'"eyJ', b'"bearer a', b'"basic A', b'"://', b'"sk-'])
@pytest.mark.parametrize(
    "unit",
    [
        b"eyJ",
        b"eyJaaaaa.",
        b"eyJaaaaa.eyJ",
        b"AIza",
        b"AKIA",
        b"sk-",
        b"ghp_",
        b"xoxb-",
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN A ",
        b"-",
        b"://",
        b"://a:",
        b":/",
        b"bearer ",
        b"basic ",
        b"basic AAAA",
        b"github_pat_",
        b'\\"password\\":\\"a',
        b'password\\"\\n',
        b'password" ',
        b'","password":"a',
        b" ",
        b"\\\\",
        b'\\"',
        b"\\u00ea",
    ],
)
@pytest.mark.parametrize("patterns", [(), (r"ticket-\d+",)])
def test_hostile_repetition_is_blanked_once_and_for_all(
    beginning: bytes, unit: bytes, patterns: tuple[str, ...]
) -> None:
    once = redact(beginning + unit * (20_000 // len(unit)), patterns)
    assert redact(once.content, patterns).content == once.content


def test_hostile_text_steers_no_terminal_and_no_page(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file("evil.json", "+--", run_id=f"r{HOSTILE}", workflow_id=f"w{HOSTILE}")
    run = json.loads(path.read_text())
    run["metadata"] |= {"prompt_variant": HOSTILE, "branch": HOSTILE, "model": HOSTILE}
    for i, task in enumerate(run["task_results"]):
        task |= {"error_message": f"{i} {HOSTILE}", "task_id": f"{i} {HOSTILE}"}
    path.write_text(json.dumps(run))
    names = [tmp_path / f"out.{suffix}" for suffix in ("html", "md", "txt")]
    outputs = [part for name in names for part in ("-o", name)]
    for args in (
        ("ingest", path),
        ("analyze", path, *outputs),
        ("decide", "--workflow", f"w{HOSTILE}", *outputs),
        ("show", HOSTILE),
        ("runs",),
    ):
        done = optimizer(*args, FORCE_COLOR="0")
        written = [name.read_text() for name in names if name.exists()]
        assert done.code in {0, 1, 2, 3}
        for text in (done.out, done.err, *written):
            assert not STEERING.search(text)
        assert not any("<script>alert" in text for text in written[:1])
        pages = map(MarkdownIt("commonmark").render, written[1:2])
        assert not any(re.search("<h1>head|<script", page) for page in pages)


def without_clock(result: Any) -> Any:
    out = re.sub(r"read at .*", "read at", result.out)
    return replace(result, out=out)


def test_odd_surroundings_change_nothing(process: Run, run_file: Write) -> None:
    path = run_file(marks="+++-", run_id="r\u6f22")
    plain = without_clock(process("analyze", path))
    for env in (
        {"HOME": "/nonexistent", "USER": "", "LOGNAME": "", "TMPDIR": "/nonexistent"},
        {"TERM": "dumb", "COLUMNS": "40", "TZ": "Mars/X", "LANG": "C", "LC_ALL": "C"},
    ):
        assert without_clock(process("analyze", path, **env)) == plain
    ascii_only = without_clock(process("analyze", path, PYTHONIOENCODING="ascii"))
    assert ascii_only.code == 0
    for char, told in (("\u6f22", "\\u6f22"), ("≥", ">="), ("≤", "<=")):
        plain = replace(plain, out=plain.out.replace(char, told))
    assert ascii_only.out.split() == plain.out.split()


def test_json_can_be_printed_in_any_encoding(optimizer: Run, run_file: Write) -> None:
    path = run_file(run_id="r\u6f22")
    done = optimizer("analyze", path, "--json", PYTHONIOENCODING="ascii")
    assert done.json["total"]["run_id"] == "r\u6f22"
    assert optimizer("analyze", "\u6f22", "--json", PYTHONIOENCODING="ascii").code == 2


@pytest.mark.parametrize("args", [("decide",), ("runs", "--limit", "x"), ("nope",)])
def test_a_usage_error_is_json_too_where_json_was_asked_for(
    optimizer: Run, args: tuple[str, ...]
) -> None:
    done = optimizer(*args, "--json")
    assert done.code == 2
    assert done.json["error"]["message"]


def test_a_reader_that_goes_away_does_not_change_what_the_gate_answers(
    run_file: Write, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = start("gate", run_file(marks="+" * 40), cwd=tmp_path, stdout=writing)
    os.close(writing)
    assert (done.wait(), done.communicate()[1]) == (0, "")


def test_a_stream_that_cannot_be_used_is_no_bug(run_file: Write, tmp_path: Path) -> None:
    path = run_file(marks="+" * 40)
    with open("/dev/full", "w") as full:
        written = start("analyze", path, cwd=tmp_path, stdout=full)
        assert written.wait() == 2
        assert "Traceback" not in written.communicate()[1]
    closed = start("analyze", "-", cwd=tmp_path, preexec_fn=lambda: os.close(0))
    assert closed.wait() == 2
    assert closed.communicate()[1].startswith("error: -: ")


def test_a_time_at_the_edge_of_the_calendar_is_no_bug(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file())
    assert optimizer("decide", "--all", "--as-of", "0001-01-01T00:00:00+14:00").code in {0, 2}


@pytest.mark.parametrize("name", [f"{'x' * 245}.html", "run.json/out.html"])
def test_an_output_that_cannot_be_named_is_no_bug(
    optimizer: Run, run_file: Write, name: str
) -> None:
    done = optimizer("analyze", run_file(), "-o", name)
    assert done.code in {0, 2}


def test_an_output_does_not_overwrite_the_results_it_is_made_of(
    optimizer: Run, run_file: Write
) -> None:
    path = run_file()
    before = path.read_bytes()
    assert optimizer("analyze", path, "-o", path).code == 2
    assert path.read_bytes() == before


def test_an_old_output_survives_a_full_disk(run_file: Write, tmp_path: Path) -> None:
    (tmp_path / "out.html").write_text("old")
    args = ("analyze", run_file(), "-o", "out.html")
    done = start(*args, cwd=tmp_path, preexec_fn=small_files_only)
    assert done.communicate()[1].startswith("error: out.html: cannot be written: ")
    assert done.returncode == 2
    assert (tmp_path / "out.html").read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_old_settings_survive_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text("[scoring]\n")
    done = start("init", "--force", cwd=tmp_path, preexec_fn=small_files_only)
    assert done.wait() == 2
    assert (tmp_path / "optimizer.toml").read_text() == "[scoring]\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.toml", b"[scoring", "a.toml:1:9: expected ']'"),
        ("b.toml", b"[scoring]\nmin_success_rate = nan", "b.toml:2: scoring.min_success_rate: NaN"),
        ("c.yaml", b"scoring: &a {x: *a}", "c.yaml:1:10: an alias of what it is part of"),
        ("d.yaml", b"a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("e.toml", b"[scoring]\n# \xe9", "e.toml:2: byte 0xe9, expected UTF-8 text"),
        ("f.ini", b"", "f.ini: unknown kind of file"),
    ],
)
def test_a_broken_settings_file_is_named_with_its_line(
    optimizer: Run, tmp_path: Path, name: str, text: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(text)
    done = optimizer("config", "show", "--config", name, "--json")
    assert done.code == 2
    assert expected in done.err
    assert done.json["error"]["kind"] == "ConfigError"


@pytest.mark.parametrize("name", ["deep.toml", "deep.yaml"])
def test_settings_nested_too_deep_are_no_bug(optimizer: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(("a = " if "toml" in name else "") + "[" * 5000)
    assert optimizer("config", "show", "--config", name).code == 2


def test_what_is_no_history_is_left_alone(optimizer: Run, run_file: Write, tmp_path: Path) -> None:
    path = run_file()
    (tmp_path / "text.duckdb").write_text("this is no database\n" * 1000)
    (tmp_path / "folder.duckdb").mkdir()
    with opened(tmp_path / "other.duckdb") as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    for store in ("text.duckdb", "folder.duckdb", "other.duckdb"):
        before = (tmp_path / store).read_bytes() if store != "folder.duckdb" else None
        refused = optimizer("ingest", path, "--store", store, "--json")
        assert refused.code == 2
        assert refused.json["error"]["message"].startswith(f"{store}: ")
        assert before is None or (tmp_path / store).read_bytes() == before


def test_a_damaged_or_newer_history_is_refused(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    optimizer("ingest", run_file(), "--store", "s.duckdb")
    content = (tmp_path / "s.duckdb").read_bytes()
    damaged = bytearray(content)
    damaged[4096:12288] = os.urandom(8192)
    for store, text in {"cut": content[: len(content) // 10], "torn": bytes(damaged)}.items():
        (tmp_path / store).write_bytes(text)
        refused = optimizer("runs", "--store", store)
        assert refused.code == 2
        assert refused.err.startswith(f"error: {store}: not a usable history: ")
    with opened(tmp_path / "s.duckdb") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    for command in (("runs",), ("store", "migrate")):
        newer = optimizer(*command, "--store", "s.duckdb")
        assert newer.code == 2
        assert "schema version is 99, expected" in newer.err
        assert "a newer one wrote this file" in newer.err


@pytest.mark.parametrize(
    "change",
    ["body = body[:40]", "body = '[]'", "body = repeat('[', 9999)", "state = 'done'"],
)
def test_a_damaged_decision_is_an_error_that_names_it(
    optimizer: Run, run_file: Write, tmp_path: Path, change: str
) -> None:
    optimizer("ingest", run_file(marks="-" * 40), "--store", "s.duckdb")
    made = optimizer("decide", "--all", "--store", "s.duckdb", "--json")
    decision_id = made.json["items"][0]["decision_id"]
    with opened(tmp_path / "s.duckdb") as connection:
        connection.execute(f"UPDATE decisions SET {change}")
    for command in (("explain", "latest"), ("decide", "-w", "wf"), ("report", "-w", "wf")):
        refused = optimizer(*command, "--store", "s.duckdb")
        assert refused.code == 2
        assert refused.err.startswith(f"error: decision {decision_id}: what is stored of it")
        assert "hint: See with 'optimizer doctor'" in refused.err
    examined = optimizer("doctor", "--store", "s.duckdb", "--json")
    assert [item["name"] for item in examined.json["items"] if not item["ok"]] == ["decisions"]


def test_damaged_warnings_of_a_run_are_an_error_that_names_it(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    optimizer("ingest", run_file(), "--store", "s.duckdb")
    with opened(tmp_path / "s.duckdb") as connection:
        connection.execute("UPDATE runs SET warnings = '{'")
    refused = optimizer("show", "r1", "--store", "s.duckdb")
    assert refused.code == 2
    assert refused.err.startswith("error: warnings of run 'r1': what is stored of it cannot be")


def test_a_history_in_use_is_waited_for_and_then_reported(
    process: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file()
    process("ingest", path, "--store", "s.duckdb")
    with opened(tmp_path / "s.duckdb"):
        refused = process("runs", "--store", "s.duckdb", OPTIMIZER_STORE__LOCK_TIMEOUT_S="0.5")
    assert refused.code == 2
    assert refused.err.startswith("error: s.duckdb: another process has it open")


def test_a_history_whose_making_was_cut_short_is_made_by_the_next_ingest(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file()
    with opened(tmp_path / "empty.duckdb"):
        pass
    (tmp_path / "nothing.duckdb").touch()
    for store in ("empty.duckdb", "nothing.duckdb"):
        assert optimizer("ingest", path, "--store", store).code == 0


def test_doctor_examines_a_history_that_others_are_reading(
    process: Run, run_file: Write, tmp_path: Path
) -> None:
    process("ingest", run_file(), "--store", "s.duckdb")
    reader = duckdb.connect(tmp_path / "s.duckdb", read_only=True)
    done = process("doctor", "--store", "s.duckdb", OPTIMIZER_STORE__LOCK_TIMEOUT_S="0")
    reader.close()
    assert done.code == 0


def test_a_history_is_a_file_whatever_its_name(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    path = run_file()
    assert optimizer("ingest", path, "--store", ":memory:").code == 0
    assert optimizer("show", "r1", "--store", ":memory:").code == 0


def many_runs(folder: Path, n_files: int, n_tasks: int) -> Path:
    folder.mkdir()
    task = json.loads(RUN)["task_results"][0]
    for i in range(n_files):
        tasks = [{**task, "task_id": f"t{j}"} for j in range(n_tasks)]
        run = json.loads(RUN) | {"run_id": f"r{i}", "task_results": tasks}
        (folder / f"{i:03}.json").write_text(json.dumps(run))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_ingest_that_is_ended_at_any_moment_leaves_whole_files_only(
    optimizer: Run, tmp_path: Path, number: signal.Signals
) -> None:
    folder = many_runs(tmp_path / "in", n_files=40, n_tasks=2000)
    store = tmp_path / "s.duckdb"
    optimizer("ingest", folder / "000.json", "--store", store)
    chance = random.Random(number)
    for _ in range(4):
        running = start("ingest", folder, "--store", store, cwd=tmp_path, preexec_fn=interruptible)
        time.sleep(chance.uniform(0.6, 1.8))
        running.send_signal(number)
        running.communicate(timeout=60)
        assert_nothing_is_half_stored(store, 2000)
        assert optimizer("doctor", "--store", store).code == 0
    assert optimizer("ingest", folder, "--store", store).code == 0
    assert count(store, "tasks") == 80_000


@pytest.mark.slow
def test_an_ingest_that_is_interrupted_says_so(tmp_path: Path) -> None:
    folder = many_runs(tmp_path / "in", n_files=60, n_tasks=2000)
    store = tmp_path / "s.duckdb"
    running = start("ingest", folder, "--store", store, cwd=tmp_path, preexec_fn=interruptible)
    while not store.exists() and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    err = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert err.startswith("interrupted; ")


@pytest.mark.slow
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(
    optimizer: Run, tmp_path: Path
) -> None:
    (tmp_path / "bomb.json.zst").write_bytes(zstandard.compress(RUN.encode() + b" " * 80_000_000))
    done = optimizer("analyze", "bomb.json.zst")
    assert done.code == 2
    assert "expected at most 200 times the packed size, or 64000000 bytes" in done.err
    assert "hint: Raise ingest.max_unpack_ratio" in done.err
    trusted = optimizer("analyze", "bomb.json.zst", "--set", "ingest.max_unpack_ratio=100000")
    assert trusted.code == 0


@pytest.mark.slow
def test_many_who_write_at_once_lose_nothing(optimizer: Run, tmp_path: Path) -> None:
    folder = many_runs(tmp_path / "in", n_files=12, n_tasks=20)
    store = tmp_path / "s.duckdb"
    for first in range(0, 12, 6):
        files = [folder / f"{i:03}.json" for i in range(first, first + 6)]
        running = [start("ingest", file, "--store", store, cwd=tmp_path) for file in files]
        for one in running:
            out, err = one.communicate(timeout=60)
            others = [line for line in err.splitlines() if not line.startswith("waiting for ")]
            assert (one.returncode, others) == (0, [])
            assert out.startswith("stored 1 run (20 tasks)")
    deciding = [start("decide", "--all", "--store", store, cwd=tmp_path) for _ in range(4)]
    answers = [one.communicate(timeout=60)[0] for one in deciding]
    assert [one.returncode for one in deciding] == [0] * 4
    assert len(set(answers)) == 1
    assert (count(store, "runs"), count(store, "tasks"), count(store, "decisions")) == (12, 240, 1)
    assert optimizer("doctor", "--store", store).code == 0
