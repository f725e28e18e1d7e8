"""The pages on the history: its tables, and what it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources

from optimizer.history.store import schema_text
from pages.markdown import fenced, joined


def schema() -> Iterator[str]:
    """Yield the page on the tables of the history."""
    yield "# History schema"
    yield (
        "The history is one DuckDB file with these tables; any DuckDB client can read it, and "
        "`optimizer store export` writes each as Parquet. This script makes them."
    )
    yield fenced("sql", schema_text())


def queries() -> Iterator[str]:
    """Yield the page on the questions the history answers."""
    yield "# Queries"
    yield (
        "Each question that the program asks the history is one file in "
        "`optimizer/history/queries`. It can be pasted into a DuckDB shell; `$name` is a "
        "parameter."
    )
    folder = resources.files("optimizer.history.queries")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    for file in files:
        yield f"## {file.removesuffix('.sql')}"
        yield from _header(folder.joinpath(file).read_text(encoding="utf-8"))


def _header(sql: str) -> Iterator[str]:
    """Yield what the header of a query says."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").removeprefix(" "))
    question, facts, *notes = "\n".join(lines).split("\n\n")
    yield joined(question)
    yield "\n".join(_facts(facts))
    yield from map(joined, notes)


def _facts(text: str) -> Iterator[str]:
    """Yield grain, parameters and columns as a list."""
    lead = ""
    for line in _unwrapped(text):
        name, _, said = line.partition(":") if re.match(r"[A-Z][a-z]+:", line) else (lead, "", line)
        lead = name
        parameter = re.match(r"\s*\$(\w+)\s+([A-Z]+(?:\[\])?)\s*(.*)", said)
        if parameter:
            what = f": {parameter[3]}" if parameter[3] else ""
            yield f"- Parameter `{parameter[1]}`, {parameter[2]}{what}"
        else:
            yield f"- {name}: {said.strip()}"


def _unwrapped(text: str) -> list[str]:
    """Return the lines of a header, each with the lines that carry it on."""
    found: list[str] = []
    for line in text.splitlines():
        if found and not re.match(r"[A-Z][a-z]+:|\s*\$", line):
            is_sentence = re.match(r"\s*[A-Z][a-z]", line) and not found[-1].endswith(".")
            found[-1] += f"{'.' if is_sentence else ''} {line.strip()}"
        else:
            found.append(line)
    return found
