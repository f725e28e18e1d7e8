"""Fill the console blocks of the pages with what the commands print: `python docs/transcripts.py`.

A block whose language is `console` holds commands after `$ ` and their output; `echo $?` prints
the exit code of the last one. Only `optimizer` commands run, in a folder made for the page: it
holds `sample_runs`, and every block of the page that names a file after its language. After
`console parts:` stand the parts that are shown, the others become `...`: `first` is the first
paragraph, `top` all before the first heading, anything else the beginning of a heading.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from cli.main import main as optimizer

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

HOME = "/home/you"
"""How the pages call the folder in which the commands run."""

BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"[A-Z](?:\S| (?! )){0,50}")
CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "0000-00-00"),
    (re.compile(r"\b\d\d:\d\d\b"), "00:00"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "0" * 16),
    (re.compile(r"\b[0-9a-f]{12}\b"), "0" * 12),
    (re.compile(r"\d+(\.\d+)? [kM]B"), "0 MB"),
)
"""What differs from day to day and from machine to machine."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command printed on both streams, and its exit code."""

    text: str
    code: int


def refreshed(page: str) -> str:
    """Return a page with the output of its commands as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "sample_runs", Path(folder, "sample_runs"))
        for name, body in named_files(page):
            Path(folder, name).write_text(body, encoding="utf-8")
        with chdir(folder):
            return BLOCK.sub(_filled, page)


def masked(text: str) -> str:
    """Return a text without what differs from day to day."""
    for pattern, fixed in CHANGING:
        text = pattern.sub(fixed, text)
    return text


def run(arguments: list[str]) -> Printed:
    """Run the program in this process and return what it printed."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    code: object = 0
    with (
        mock.patch.object(sys, "argv", ["optimizer", *arguments]),
        mock.patch.dict(os.environ, _environment(), clear=True),
        redirect_stdout(printed),
        redirect_stderr(printed),
    ):
        try:
            optimizer()
        except SystemExit as ended:
            code = ended.code or 0
    printed.seek(0)
    text = printed.read().replace(os.getcwd(), HOME)
    return Printed(text, code if isinstance(code, int) else 1)


def _environment() -> Mapping[str, str]:
    """Return the environment without what changes the output."""
    services = ("GITHUB_", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "CIRCLECI", "BUILDKITE")
    changing = ("OPTIMIZER_", "BITBUCKET_", "FORCE_COLOR", "NO_COLOR", "COLUMNS", *services)
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}


def named_files(page: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of every block that names a file after its language."""
    for block in BLOCK.finditer(page):
        language, _, name = block["info"].partition(" ")
        if name and language != "console":
            yield name, block["body"]


def _filled(block: re.Match[str]) -> str:
    """Return a block with its output as it is now."""
    language, _, said = block["info"].partition(" ")
    if language != "console":
        return block[0]
    parts = [part.strip() for part in said.removeprefix("parts:").split(",") if part.strip()]
    return f"```{block['info']}\n{''.join(_session(block['body'], parts))}```"


def _session(body: str, parts: list[str]) -> Iterator[str]:
    """Yield the lines of a session; what follows a command that is not run stays as it is."""
    code: int | None = None
    for line in body.splitlines(keepends=True):
        if line.startswith("$ optimizer"):
            printed = run(shlex.split(line)[2:])
            code = printed.code
            yield line
            yield _shown(printed.text, parts)
        elif line == "$ echo $?\n" and code is not None:
            yield f"{line}{code}\n"
        elif line.startswith("$"):
            code = None
            yield line
        elif code is None:
            yield line


def _shown(text: str, parts: list[str]) -> str:
    """Return the parts of an output that are shown; of no parts, all of it."""
    if not parts:
        return text
    wanted = (*parts, "first") if "top" in parts else tuple(parts)
    shown = ["".join(lines) if name.startswith(wanted) else "...\n" for name, lines in _parts(text)]
    return re.sub(r"\n*(\.\.\.\n)+", "\n...\n", "".join(shown)).lstrip("\n")


def _parts(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the parts of an output: its first paragraph, the rest of its top, its sections."""
    name, lines = "first", list[str]()
    after_blank = False
    for line in text.splitlines(keepends=True):
        is_heading = HEADING.fullmatch(line.rstrip("\n")) and not line.endswith(".\n")
        if after_blank and (is_heading or name == "first"):
            yield name, lines
            name, lines = line.rstrip("\n") if is_heading else "top", []
        lines.append(line)
        after_blank = line == "\n"
    yield name, lines


def main() -> None:
    """Bring every page up to date."""
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        now = refreshed(page)
        if masked(now) != masked(page):
            path.write_text(now, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
