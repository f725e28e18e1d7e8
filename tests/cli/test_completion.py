from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., Any]


@pytest.fixture
def at_cursor(optimizer: Run) -> Callable[..., list[str]]:
    """Return what is offered for the last word of a command line."""

    def offered(*words: str, **env: str) -> list[str]:
        done = optimizer("__complete", *words, **env)
        assert (done.code, done.err) == (0, "")
        return [line.partition("\t")[0] for line in done.out.splitlines()]

    return offered


Offered = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("dec",), ["decide"]),
        (("baseline", "s"), ["set", "show"]),
        (("runs", "--wor"), ["--workflow"]),
        (("runs", "--qu"), ["--quiet"]),
        (("--quiet", "runs", "--wor"), ["--workflow"]),
        (("runs", "--color", "a"), ["auto", "always"]),
        (("power", "--metric", "s"), ["success", "score"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("lint", "--rule", "P001"), ["P001"]),
        (("lint", "--select", "P001,P002"), ["P001,P002"]),
        (("strategies", "thr"), ["threshold_based"]),
        (("stats", "holm"), ["holm"]),
        (("ingest", "--from", "promptfoo_j"), ["promptfoo_jsonl"]),
        (("formats", "insp"), ["inspect"]),
        (("compare", "--metric", "success,co"), ["success,cost"]),
        (("decide", "--set", "scoring.min_succ"), ["scoring.min_success_rate="]),
        (("ingest", ""), [":files"]),
        (("report", "--output", ""), [":files"]),
        (("nonsense", ""), [":files"]),
    ],
)
def test_words_are_completed(at_cursor: Offered, words: tuple[str, ...], some: list[str]) -> None:
    assert at_cursor(*words) == some


def test_names_come_from_the_history(
    optimizer: Run, at_cursor: Offered, run_file: Callable[..., Path]
) -> None:
    for name in ("checkout", "search"):
        optimizer("ingest", run_file(workflow_id=name, run_id=f"{name}-1"))
    assert at_cursor("runs", "--workflow", "") == ["checkout", "search"]
    assert at_cursor("show", "search") == ["search-1"]
    optimizer("decide", "--all")
    decisions = optimizer("decide", "--all", "--json").json["items"]
    assert {one["decision_id"] for one in decisions} <= set(at_cursor("explain", ""))
    assert "latest" in at_cursor("explain", "")


def test_where_there_is_no_history_none_is_made(at_cursor: Offered, tmp_path: Path) -> None:
    assert at_cursor("runs", "--workflow", "") == [":files"]
    assert list(tmp_path.iterdir()) == []


def test_a_history_that_cannot_be_read_is_passed_over(at_cursor: Offered, tmp_path: Path) -> None:
    (tmp_path / "broken.duckdb").write_bytes(b"no database")
    store = str(tmp_path / "broken.duckdb")
    assert at_cursor("runs", "--store", store, "--workflow", "") == [":files"]
    assert at_cursor("show", "", OPTIMIZER_STORE=store) == ["latest"]


def test_a_history_that_another_process_has_is_not_waited_for(
    process: Run, optimizer: Run, run_file: Callable[..., Path], tmp_path: Path
) -> None:
    optimizer("ingest", run_file())
    with duckdb.connect(str(tmp_path / ".optimizer" / "history.duckdb")):
        done = process("__complete", "show", "")
    assert (done.code, done.out, done.err) == (0, "latest\tthe newest run\n", "")


NO_SETTINGS = {"bash": "--norc", "zsh": "-f", "fish": "-N"}


@pytest.fixture
def shell(tmp_path: Path, program: str) -> Callable[..., str]:
    """Run a shell in which `optimizer` is this program."""

    def run(name: str, script: str) -> str:
        if shutil.which(name) is None:
            pytest.skip(f"there is no {name} here")
        done = subprocess.run(
            [name, NO_SETTINGS[name], "-c", script],
            cwd=tmp_path,
            env={
                "PATH": program,
                "HOME": str(tmp_path),
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return run


BASH = """
eval "$(optimizer completion bash)"
complete_line() {
    COMP_LINE="$1" COMP_POINT=${#1} COMP_WORDS=(optimizer) COMP_CWORD=1 COMPREPLY=()
    _optimizer_complete optimizer "$2" ""
    printf '%s\\n' "$1:" "${COMPREPLY[@]}"
}
complete_line 'optimizer dec' dec
complete_line 'optimizer baseline s' s
complete_line 'optimizer runs --workflow ' ''
complete_line 'optimizer decide --set scoring.min_succ' scoring.min_succ
complete_line 'optimizer show check:' ''
complete -p optimizer
"""


def test_bash_completes_what_the_program_offers(
    shell: Callable[..., str], optimizer: Run, run_file: Callable[..., Path]
) -> None:
    optimizer("ingest", run_file(workflow_id="check out", run_id="check:1"))
    assert shell("bash", BASH).splitlines() == [
        "optimizer dec:",
        "decide",
        "optimizer baseline s:",
        "set",
        "show",
        "optimizer runs --workflow :",
        "check\\ out",
        "optimizer decide --set scoring.min_succ:",
        "scoring.min_success_rate=",
        "optimizer show check::",
        "1",
        "complete -F _optimizer_complete optimizer",
    ]


ZSH = """
autoload -Uz compinit && compinit -u -D
eval "$(optimizer completion zsh)"
print -- $_comps[optimizer]
compadd() { print -l -- "${names[@]}" }
words=(optimizer baseline s) CURRENT=3
_optimizer
"""


def test_zsh_completes_what_the_program_offers(shell: Callable[..., str]) -> None:
    assert shell("zsh", ZSH).splitlines() == ["_optimizer", "set", "show"]


def test_fish_completes_what_the_program_offers(shell: Callable[..., str]) -> None:
    said = shell(
        "fish",
        'optimizer completion fish | source; complete -C "optimizer baseline s"; '
        'complete -C "optimizer completion z"',
    )
    names = [line.partition("\t")[0] for line in said.splitlines()]
    assert names == ["set", "show", "zsh"]
