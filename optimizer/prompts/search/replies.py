"""The answer of a language model to a briefing: a diagnosis and edits, or a whole prompt.

Answers are read generously: tags with or without the mark of the briefing, JSON bare, fenced or
between prose, thoughts before it. What cannot be read is useless, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.prompts.search.edits import Operation, SectionEdit
from optimizer.prompts.search.useless import Useless

MAX_DIAGNOSIS = 300
"""Characters of a diagnosis that are kept."""

MAX_EDITS = 20
"""More edits than that are no small change."""

THOUGHTS = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*["']?([^"'\s>]*)""")
WHOLE_NUMBER = re.compile(r"-?\d{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an answer proposes.

    Attributes:
        diagnosis: Why the cases fail, in its words, in one line.
        edits: Small edits; empty where it gives a whole prompt.
        prompt: A whole prompt, or None.
    """

    diagnosis: str
    edits: tuple[SectionEdit, ...] = ()
    prompt: str | None = None


def read_reply(text: str, nonce: str) -> Reply:
    """Return what an answer proposes.

    Raises:
        Useless: It proposes nothing that can be read.
    """
    text = THOUGHTS.sub("", text, count=1)
    reply = _tagged(text, nonce) or _from_json(text)
    if reply is None:
        raise Useless("the answer holds neither edits nor a prompt")
    if len(reply.edits) > MAX_EDITS:
        raise Useless(f"the answer has {len(reply.edits)} edits, at most {MAX_EDITS} are small")
    return reply


def _tagged(text: str, nonce: str) -> Reply | None:
    """Return what stands between tags that carry the mark; what a prompt holds is left alone."""
    diagnosis = _line(next((body for _, body in _tags(text, f"diagnosis-{nonce}")), ""))
    prompts = [body for _, body in _tags(text, f"prompt-{nonce}")]
    if prompts:
        return Reply(diagnosis=diagnosis, prompt=_without_frame(prompts[-1]))
    edits = tuple(_edit(head, body) for head, body in _tags(text, f"edit-{nonce}"))
    return Reply(diagnosis=diagnosis, edits=edits) if edits else None


def _tags(text: str, name: str) -> Iterator[tuple[Mapping[str, str], str]]:
    pattern = re.compile(rf"<{name}\b([^<>\n]*?)(?:/>|>(.*?)</{name}\s*>)", re.DOTALL)
    for match in pattern.finditer(text):
        attributes = {name.lower(): value for name, value in ATTRIBUTE.findall(match[1])}
        yield attributes, match[2] or ""


def _edit(head: Mapping[str, str], text: object) -> SectionEdit:
    operation = str(head.get("op", head.get("operation", ""))).upper()
    section = str(head.get("section", "")).strip()
    if operation not in list(Operation):
        raise Useless(f"the answer has the edit {operation[:20]!r}, expected ADD, REPLACE, DELETE")
    if not WHOLE_NUMBER.fullmatch(section):
        raise Useless(f"the answer edits section {section[:20]!r}, expected its number")
    return SectionEdit(
        operation=Operation(operation),
        section=int(section),
        text=text.strip("\r\n") if isinstance(text, str) else "",
    )


def _from_json(text: str) -> Reply | None:
    for found in _objects(text):
        diagnosis = _line(found.get("diagnosis"))
        if isinstance(found.get("prompt"), str):
            return Reply(diagnosis=diagnosis, prompt=found["prompt"])
        edits = found.get("edits")
        if isinstance(edits, list) and edits and all(isinstance(one, dict) for one in edits):
            listed = tuple(_edit(one, one.get("text")) for one in edits)
            return Reply(diagnosis=diagnosis, edits=listed)
    return None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a text, whatever stands around them."""
    decoder = json.JSONDecoder(strict=False)
    position, n_tried = 0, 0
    while (start := text.find("{", position)) >= 0 and n_tried < MAX_EDITS * 10:
        n_tried += 1
        try:
            found, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
            continue
        if isinstance(found, dict):
            yield found


def _line(text: object) -> str:
    return " ".join(text.split())[:MAX_DIAGNOSIS] if isinstance(text, str) else ""


def _without_frame(text: str) -> str:
    """Return a prompt without the line ends next to its tags."""
    return text.removeprefix("\r").removeprefix("\n").removesuffix("\n").removesuffix("\r")
