from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from optimizer.models.errors import ConfigError
from optimizer.models.tasks import text_sha256

GOOD = 'write(row(c, "good" in prompt, test_result={"outputs": {"said": prompt}}) for c in cases)'
LINES = """
with open(out, "w") as file:
    for k, case in enumerate(cases):
        file.write(json.dumps(row(case)) + "\\n")
        file.flush()
        {after}
"""


def test_a_command_runs_each_case_with_the_prompt(scripts, cases, drained) -> None:
    results, error = drained(scripts.executor(GOOD).run("a good one", cases(3), replicate=2))
    assert error is None
    assert [(one.case_id, one.passed, one.replicate) for one in results] == [
        ("c0", True, 2),
        ("c1", True, 2),
        ("c2", True, 2),
    ]
    assert results[0].outputs == '{"said":"a good one"}'
    worse, _ = drained(scripts.executor(GOOD).run("a bad one", cases(3), replicate=0))
    assert [one.passed for one in worse] == [False] * 3


@pytest.mark.parametrize(
    "prompt", ["", "é\r\nline\n", "\ufefftext", "{{x}} $HOME `id` ; rm -rf {out}", "עברית\u202e"]
)
def test_the_prompt_reaches_the_command_byte_for_byte(scripts, cases, drained, prompt) -> None:
    body = """
    assert hashlib.sha256(open(prompt_file, "rb").read()).hexdigest() == os.environ[
        "OPTIMIZER_PROMPT_SHA256"]
    assert os.environ["OPTIMIZER_PROMPT_FILE"] == prompt_file and prompt_file.endswith(".md")
    assert os.environ["OPTIMIZER_CASES_FILE"] == cases_file and os.environ["OPTIMIZER_OUT"] == out
    assert (os.environ["OPTIMIZER_REPLICATE"], os.environ["OPTIMIZER_SEED"]) == ("3", "7")
    assert sys.argv[4:] == ["3", "--seed=7", "{x}", "a b"]
    write(row(c, test_result={"outputs": prompt}) for c in cases)
    """
    files = " {prompt_file} {cases_file} {out} {replicate} --seed={seed} {x} 'a b'"
    executor = scripts.executor(body, files=files, suffix=".md")
    results, error = drained(executor.run(prompt, cases(1), replicate=3))
    assert error is None
    assert len(results) == 1


def test_bodies_of_cases_arrive_verbatim(scripts, cases, drained) -> None:
    body = 'assert cases == [{"id": "c0", "n": 0}, {"id": "c1", "n": 1}]\n' + GOOD
    assert drained(scripts.executor(body).run("p", cases(2), replicate=0))[1] is None


def test_paths_with_spaces_need_quotes_and_no_shell(tmp_path, scripts, cases, drained) -> None:
    script = scripts.write(GOOD, "my tests/run it.py")
    quoted = scripts.of(
        f"'{sys.executable}' '{script}' {{prompt_file}} {{cases_file}} {{out}} ; touch {tmp_path}/x"
    )
    assert drained(quoted.run("p", cases(2), replicate=0))[1] is None
    assert not (tmp_path / "x").exists()
    bare = scripts.of(f"{sys.executable} {script} {{prompt_file}} {{cases_file}} {{out}}")
    _, error = drained(bare.run("p", cases(2), replicate=0))
    assert "exit code 2" in str(error)


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_jobs_share_a_batch_and_give_the_same_results(scripts, cases, drained, jobs) -> None:
    results, error = drained(scripts.executor(GOOD, jobs=jobs).run("good", cases(7), replicate=0))
    assert error is None
    assert sorted(one.case_id for one in results) == [f"c{k}" for k in range(7)]
    assert all(one.passed for one in results)


def test_a_process_gets_no_more_cases_than_it_may(scripts, cases, drained) -> None:
    body = "assert len(cases) <= 2\n" + GOOD
    results, error = drained(
        scripts.executor(body, cases_per_call=2).run("good", cases(5), replicate=0)
    )
    assert error is None
    assert len(results) == 5


def test_a_flood_on_both_streams_neither_blocks_nor_fills_memory(scripts, cases, drained) -> None:
    body = """
    block = b"x" * 1_000_000
    for _ in range(100):
        os.write(1, block); os.write(2, block)
    """ + GOOD.join(["", ""])
    body = "for _ in range(100):\n    os.write(1, b'x' * 10**6); os.write(2, b'y' * 10**6)\n" + GOOD
    results, error = drained(scripts.executor(body).run("p", cases(2), replicate=0))
    assert error is None
    assert len(results) == 2


def test_a_failing_command_is_quoted_harmlessly(scripts, cases, drained) -> None:
    body = "os.write(2, b'\\x1b[2Jno \\xff key\\x07' + 'ü\\u202e'.encode()); sys.exit(3)"
    _, error = drained(scripts.executor(body).run("p", cases(2), replicate=0))
    assert str(error) == ("executor: exit code 3, expected 0: \\x1b[2Jno \ufffd key\\x07ü\\u202e")


def test_a_long_complaint_is_cut_to_its_end(scripts, cases, drained) -> None:
    body = "os.write(2, b'a' * 10**6 + b'end'); sys.exit(1)"
    _, error = drained(scripts.executor(body).run("p", cases(2), replicate=0))
    assert str(error).endswith("aend")
    assert str(error).count("a") < 420


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path, scripts, cases, drained) -> None:
    body = f"""
    import subprocess, signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    nap = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", nap])
    open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
    time.sleep(60)
    """
    executor = scripts.executor(body, timeout_s=3.5)
    _, error = drained(executor.run("p", cases(2), replicate=0))
    assert "expected results within 3.5 s" in str(error)
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    assert _gone(pids)


def _gone(pids) -> bool:
    for _ in range(100):
        if not any(_lives(int(pid)) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.exists():
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_wants_the_end_gets_what_was_written_and_then_the_end(
    tmp_path, scripts, cases, number
) -> None:
    after = f'open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid())); k and time.sleep(60)'
    executor = scripts.executor(LINES.format(after=after))
    results = []

    def run() -> None:
        for chunk in executor.run("p", cases(3), replicate=0):
            results.extend(chunk)
            if len(results) == 2:
                signal.setitimer(signal.ITIMER_REAL, 0.1)

    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    try:
        with pytest.raises(KeyboardInterrupt):
            run()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert [one.case_id for one in results] == ["c0", "c1"]
    assert _gone([(tmp_path / "pid").read_text()])


def test_an_interrupt_while_results_are_taken_loses_none_that_was_written(scripts, cases) -> None:
    executor = scripts.executor(LINES.format(after="k == 1 and time.sleep(60)"))
    before = signal.getsignal(signal.SIGINT)
    results = []

    def run() -> None:
        for chunk in executor.run("p", cases(3), replicate=0):
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            results.extend(chunk)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [one.case_id for one in results] == ["c0", "c1"]
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_that_are_ignored_stay_so(scripts, cases, drained) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        results, error = drained(
            scripts.executor("os.kill(os.getppid(), 1)\n" + GOOD).run("p", cases(2), replicate=0)
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    assert error is None
    assert len(results) == 2


def test_infrastructure_is_tried_again_with_longer_waits(tmp_path, scripts, cases, drained) -> None:
    body = f"""
    tries = {str(tmp_path / "tries")!r}
    n = len(open(tries).read()) if os.path.exists(tries) else 0
    open(tries, "a").write("x")
    if n < 2:
        sys.exit(75)
    """
    results, error = drained(scripts.executor(body + GOOD).run("p", cases(2), replicate=0))
    assert error is None
    assert len(results) == 2
    assert scripts.waits == [0.01, 0.02]


def test_infrastructure_that_stays_broken_is_an_error(scripts, cases, drained) -> None:
    body = "print('busy', file=sys.stderr); sys.exit(75)"
    results, error = drained(scripts.executor(body, retries=3).run("p", cases(2), replicate=0))
    assert results == []
    assert str(error) == "executor: exit code 75 in each of 4 attempts, expected 0: busy"
    assert scripts.waits == [0.01, 0.02, 0.04]


def test_what_was_paid_before_a_new_start_is_not_run_again(
    tmp_path, scripts, cases, drained
) -> None:
    seen = str(tmp_path / "seen")
    after = f'open({seen!r}, "a").write(case["id"] + " ")\n        if k == 1: sys.exit(75)'
    results, error = drained(
        scripts.executor(LINES.format(after=after)).run("p", cases(5), replicate=0)
    )
    assert error is None
    assert [one.case_id for one in results] == [f"c{k}" for k in range(5)]
    assert Path(seen).read_text().split() == [f"c{k}" for k in range(5)]


def test_a_command_that_dies_half_way_loses_nothing_it_wrote(scripts, cases, drained) -> None:
    after = 'if k == 2: file.write(\'{"task_id": "c3", "task_st\'); file.flush(); os._exit(9)'
    results, error = drained(
        scripts.executor(LINES.format(after=after)).run("p", cases(5), replicate=0)
    )
    assert [one.case_id for one in results] == ["c0", "c1", "c2"]
    assert "exit code 9" in str(error)


def test_a_killed_command_is_told_by_its_signal(scripts, cases, drained) -> None:
    _, error = drained(scripts.executor("os.kill(os.getpid(), 9)").run("p", cases(5), replicate=0))
    assert str(error) == "executor: it was ended by signal 9, and printed nothing"


def test_when_one_of_several_processes_fails_the_others_are_not_lost(
    scripts, cases, drained
) -> None:
    body = 'if cases[0]["n"] == 0: sys.exit(4)\ntime.sleep(0.2)\n' + GOOD
    results, error = drained(scripts.executor(body, jobs=2).run("p", cases(4), replicate=0))
    assert "exit code 4" in str(error)
    assert [one.case_id for one in results] == ["c2", "c3"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("write(map(row, cases[:-1]))", "found 1 without a result (c2), expected"),
        ("write(map(row, cases + cases[:1]))", "found 1 with more than one result (c0), expected"),
        (
            "write(map(row, cases + [{'id': 'z'}]))",
            "found 1 that it was not asked for (z), expected one result for each of 3 cases",
        ),
        ("write([])", "found 3 without a result (c0, c1, c2), expected"),
        ("pass", "it ended well and wrote no results, expected them in {out}"),
        ("open(out, 'w').write('')", "found 3 without a result (c0, c1, c2)"),
        ("open(out, 'w').write('{\"task_results\": [')", "its results"),
        ("open(out, 'wb').write(b'\\xff\\xfe\\x00')", "its results"),
        ("open(out, 'w').write('[' * 100_000)", "its results"),
        ("write([{'task_id': 'c0', 'task_status': 'great'}])", "Invalid enum value 'great'"),
        ("write([{'task_id': 'c0'}])", "found neither `task_status` nor `passed`"),
        ("write([{'task_status': 'failed'}])", "found neither `task_id` nor `case_id`"),
        ("write([dict(row(cases[0]), score=7)])", "`float` <= 1"),
        ("write([3])", "Expected `object`, got `int`"),
        ("open(out, 'w').write(json.dumps(row(cases[0])) + '\\n{\"a')", "line 2: Input data was"),
    ],
)
def test_results_that_are_not_those_of_the_cases_fail_closed(
    scripts, cases, drained, body, said
) -> None:
    _, error = drained(scripts.executor(body).run("p", cases(3), replicate=0))
    assert said in str(error)


def test_results_of_another_prompt_are_refused(scripts, cases, drained) -> None:
    body = """
    rows = [row(c, metadata={"prompt_sha256": hashlib.sha256(b"old").hexdigest()}) for c in cases]
    write(rows)
    """
    results, error = drained(scripts.executor(body).run("new", cases(2), replicate=0))
    assert results == []
    assert "it did not run the candidate prompt" in str(error)
    assert text_sha256("old") in str(error)


def test_the_prompt_is_checked_where_the_run_names_it(scripts, cases, drained) -> None:
    body = """
    json.dump({"metadata": {"prompt_sha256": prompt}, "task_results": [row(c) for c in cases]},
              open(out, "w"))
    """
    executor = scripts.executor(body)
    assert "candidate" in str(drained(executor.run("x", cases(2), replicate=0))[1])
    echo = 'json.dump({"metadata": {"prompt_sha256": os.environ["OPTIMIZER_PROMPT_SHA256"]}, '
    echo += '"task_results": [row(c) for c in cases]}, open(out, "w"))'
    assert drained(scripts.executor(echo).run("x", cases(2), replicate=0))[1] is None


def test_what_a_run_says_was_not_measured_is_unknown(scripts, cases, drained) -> None:
    body = """
    tasks = [{**row(c), "test_result": {"cost": 0.0, "tokens_used": 3}} for c in cases]
    json.dump({"metadata": {"unknown_fields": ["cost"]}, "task_results": tasks}, open(out, "w"))
    """
    (found,), error = drained(scripts.executor(body).run("p", cases(1), replicate=0))
    assert error is None
    assert (found.cost_usd, found.tokens) == (None, 3)


@pytest.mark.parametrize("command", ["", "   ", "python 'open", "a\0b", "python {prompt}"])
def test_a_command_that_cannot_be_understood_is_refused_at_once(scripts, command) -> None:
    with pytest.raises(ConfigError, match="--executor"):
        scripts.of(command)


@pytest.mark.parametrize("name", ["prompt", "promptfile", "case_file", "output", "PROMPT_FILE"])
def test_a_misspelled_blank_lists_those_there_are(scripts, name) -> None:
    with pytest.raises(ConfigError, match=r"\{prompt_file\}, \{cases_file\}, \{out\}"):
        scripts.of(f"run {{{name}}}")


@pytest.mark.parametrize("item", ["{}", "{print}", '{"a": 1}', "{{prompt}}x"[:2] + "}", "{0}"])
def test_braces_with_another_content_stay(scripts, item) -> None:
    scripts.of(f"run '{item}'")


def test_a_program_that_is_not_there_is_named(scripts, cases, drained) -> None:
    _, error = drained(scripts.of("./no-such {cases_file}").run("p", cases(1), replicate=0))
    assert "'./no-such' cannot be started" in str(error)


def test_an_edited_script_is_another_executor(scripts) -> None:
    before = scripts.executor(GOOD).fingerprint
    assert scripts.executor(GOOD).fingerprint == before
    assert scripts.executor(GOOD + "\n").fingerprint != before
    assert scripts.executor(GOOD, suffix=".md").fingerprint != before
    assert scripts.executor(GOOD, files=" {out}").fingerprint != before


def test_no_cases_start_no_process(scripts, cases, drained) -> None:
    assert drained(scripts.executor("1 / 0").run("p", cases(0), replicate=0)) == ([], None)


def test_whoever_stops_asking_leaves_no_process_behind(tmp_path, scripts, cases) -> None:
    after = f'open({str(tmp_path)!r} + f"/pid{{os.getpid()}}", "w"); time.sleep(60)'
    executor = scripts.executor(LINES.format(after=after), jobs=3)
    running = executor.run("p", cases(6), replicate=0)
    assert 1 <= len(next(running)) <= 3  # of as many processes as there are jobs
    running.close()
    assert _gone([path.name.removeprefix("pid") for path in tmp_path.glob("pid*")])


def test_results_come_while_the_process_runs(tmp_path, scripts, cases) -> None:
    after = f"""while not os.path.exists({str(tmp_path)!r} + f"/go{{k}}"): time.sleep(0.01)"""
    seen = []
    for chunk in scripts.executor(LINES.format(after=after)).run("p", cases(4), replicate=0):
        seen += [one.case_id for one in chunk]
        (tmp_path / f"go{len(seen) - 1}").touch()
    assert seen == ["c0", "c1", "c2", "c3"]


def test_a_wrong_prompt_is_noticed_at_the_first_result(scripts, cases, drained) -> None:
    body = """
    with open(out, "w") as file:
        file.write(json.dumps(row(cases[0], metadata={"prompt_sha256": "0" * 64})) + "\\n")
        file.flush()
        time.sleep(60)
    """
    results, error = drained(scripts.executor(body).run("p", cases(4), replicate=0))
    assert results == []
    assert "did not run the candidate prompt" in str(error)


def test_a_child_that_left_its_group_does_not_hold_us_up(tmp_path, scripts, cases, drained) -> None:
    body = f"""
    import subprocess
    nap = [sys.executable, "-c", "import time; time.sleep(30)"]
    child = subprocess.Popen(nap, start_new_session=True)
    open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
    """
    results, error = drained(scripts.executor(body + GOOD).run("p", cases(2), replicate=0))
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert error is None
    assert len(results) == 2


def test_pretty_printed_and_single_line_documents_are_read_when_they_are_whole(
    scripts, cases, drained
) -> None:
    for indent in (None, 2):
        body = f"""
        text = json.dumps({{"task_results": [row(c) for c in cases]}}, indent={indent}) + "\\n"
        with open(out, "w") as file:
            for part in (text[:20], text[20:60], text[60:]):
                file.write(part)
                file.flush()
                time.sleep(0.05)
        """
        results, error = drained(scripts.executor(body).run("p", cases(3), replicate=0))
        assert error is None
        assert len(results) == 3


def test_no_wait_is_longer_than_allowed(scripts, cases, drained) -> None:
    executor = scripts.executor("sys.exit(75)", retries=5, longest_wait_s=0.05)
    drained(executor.run("p", cases(1), replicate=0))
    assert scripts.waits == [0.01, 0.02, 0.04, 0.05, 0.05]


def test_a_folder_where_results_should_be_is_no_result(scripts, cases, drained) -> None:
    _, error = drained(scripts.executor("os.mkdir(out)").run("p", cases(1), replicate=0))
    assert "wrote no results" in str(error)


def test_a_line_that_takes_long_to_write_is_read_once_it_is_there(scripts, cases, drained) -> None:
    body = """
    with open(out, "w") as file:
        for case in cases:
            for letter in json.dumps(row(case, outputs="x" * 50)) + "\\n":
                file.write(letter)
                file.flush()
                time.sleep(0.001)
    os._exit(9)
    """
    results, error = drained(scripts.executor(body).run("p", cases(4), replicate=0))
    assert [one.case_id for one in results] == ["c0", "c1", "c2", "c3"]
    assert "exit code 9" in str(error)


def test_secrets_in_complaints_are_blanked_before_they_are_cut(scripts, cases, drained) -> None:
    executor = scripts.executor("sys.exit('sk-' + 'a' * 390 + ' is wrong')", redact=_blank)
    _, error = drained(executor.run("p", cases(1), replicate=0))
    assert str(error).endswith(": [redacted] is wrong")


def _blank(text: str) -> str:
    return re.sub("sk-a+", "[redacted]", text)
