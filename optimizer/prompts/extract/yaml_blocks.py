"""Blocks of YAML: how far one is indented, where it ends, a text as one."""

from __future__ import annotations

import re

MAX_INDICATOR = 9
_HEADER = re.compile(r"[|>](?P<indicators>[-+0-9]*+)(?P<rest>[^\r\n]*)")


def content_indent(written: str, text: str) -> int | None:
    """Return how far the lines of a block are indented; None where it has none with a character.

    Args:
        written: The block from its `|` or `>` on.
        text: What it stands for: what is indented further begins with spaces there.
    """
    for line in written.splitlines()[1:]:
        if line.strip(" "):
            first = next((one for one in text.split("\n") if one.strip(" ")), "")
            return _spaces(line) - _spaces(first)
    return None


def block_length(written: str, text: str) -> int:
    """Return the length of a block up to the line break behind its last line.

    Empty lines below belong to it only where it keeps them.
    """
    header = _HEADER.match(written)
    if header and "+" in header["indicators"]:
        return len(re.sub(r"\r?\n\Z", "", written))
    indent = content_indent(written, text) or 0
    return len(re.sub(rf"(?:\r?\n {{0,{indent}}})++\Z", "", written))


def literal(text: str, *, old: str, indent: int, around: int, line_end: str, is_last: bool) -> str:
    """Return a text as a literal block.

    Args:
        text: The text.
        old: What stands there: its indicators are kept where they do, and its comment.
        indent: Column of the lines.
        around: Column of the collection the block is in.
        line_end: What ends a line in this file.
        is_last: Whether the file ends behind the block without a line break.
    """
    body = text.rstrip("\n")
    n_ends = len(text) - len(body)
    lines = [f"{' ' * indent}{line}" if line else "" for line in body.split("\n")]
    extra = max(n_ends - (0 if is_last else 1), 0)
    header = _header(old, body, n_ends, indent - around, is_last=is_last)
    return line_end.join([header, *lines]) + line_end * extra


def _header(old: str, body: str, n_ends: int, depth: int, *, is_last: bool) -> str:
    found = _HEADER.match(old)
    indicators, rest = (found["indicators"], found["rest"]) if found else ("", "")
    digit = "".join(re.findall(r"\d", indicators))
    needs_digit = body[:1] in {" ", "\n"} and 0 < depth <= MAX_INDICATOR
    if needs_digit and not digit:
        digit = str(depth)
    return f"|{digit}{_chomping(indicators, n_ends, is_last=is_last)}{rest}"


def _chomping(old: str, n_ends: int, *, is_last: bool) -> str:
    """Return what says how many line breaks end the text."""
    if n_ends > 1 or (n_ends and "+" in old):
        return "+"
    is_cut_off = is_last and "-" not in old
    return "" if n_ends or is_cut_off else "-"


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
