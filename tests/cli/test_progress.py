from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from cli.terminal import progress
from cli.terminal.manners import Manner, speak
from cli.terminal.progress import ingesting, stepping


class Terminal:
    """A terminal that keeps what is written to it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.seen = ""

    def write(self, text: str) -> int:
        self.seen += text
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Look at standard error from now on."""

    def watched() -> Terminal:
        made = Terminal()
        for name in ("CI", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(sys, "stderr", made)
        speak(Manner())
        return made

    return watched


def test_files_that_are_ready_move_the_bar_before_any_is_stored(
    watch: Callable[[], Terminal],
) -> None:
    terminal = watch()
    with ingesting(["a.json", "b.json", "c.json"]) as told:
        assert told is not None
        told(40)
        told(2)
    assert "2/3" in terminal.seen
    assert "42 tasks" in terminal.seen


def test_steps_show_a_bar_once_they_take_a_while(
    watch: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = watch()
    with stepping("export") as told:
        assert told is not None
        told(1, 5)
    assert terminal.seen == ""
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    with stepping("export") as told:
        assert told is not None
        told(2, 5)
    assert "export" in terminal.seen
    assert "2/5" in terminal.seen


def test_nobody_is_told_where_nobody_watches(
    watch: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch()
    monkeypatch.setenv("CI", "true")
    with ingesting(["a.json", "b.json"]) as told, stepping("export") as stepped:
        assert (told, stepped) == (None, None)
