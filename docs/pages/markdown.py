"""The Markdown that generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without the columns, after the first, that are empty throughout."""
    listed = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    used = [n for n in range(len(titles)) if n == 0 or any(row[n] for row in listed)]
    lines = [[titles[n] for n in used], ["---"] * len(used)]
    lines += [[row[n] for n in used] for row in listed]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def items(lead: str, texts: Iterable[str]) -> str:
    """Return a list under the sentence that leads to it."""
    return "\n".join([lead, "", *(f"- {text}" for text in texts)])


def fenced(language: str, text: str) -> str:
    """Return a text in a fence."""
    return f"```{language}\n{text.strip()}\n```"


def anchor(title: str) -> str:
    """Return where a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def joined(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
