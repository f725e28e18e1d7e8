r"""Services that read what a job prints, and act on what in it is addressed to them.

Texts of files and models are printed too. A backslash breaks up what a service would take for its
own; in JSON an escape does, so that it means the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum


class Spoken(StrEnum):
    """What is printed, for who reads it."""

    TEXT = "text"
    JSON = "json"
    COMMANDS = "commands"
    """Lines of ours for GitHub to act on."""
    VERBATIM = "verbatim"
    """A file as it is, for another program."""


MARKERS: Mapping[str, str] = {
    "GITHUB_ACTIONS": r"#(#)(?=\[)",
    "TF_BUILD": r"#(#)(?=\[|vso\[)",
    "TEAMCITY_VERSION": r"#(#)(?=teamcity\[)",
    "GITLAB_CI": r"section(_)(?=(?:start|end):)",
}
"""The variable that tells of a service, and what it acts on wherever that stands in a line."""

GITHUB = "GITHUB_ACTIONS"
COMMAND = re.compile(r"(^|[\r\n])([^\S\r\n]*)(?=::)")
"""Where a line begins that GitHub takes for a command, white space before it or not."""


def unheard(text: str, environ: Mapping[str, str], kind: Spoken = Spoken.TEXT) -> str:
    """Return a text in which no service that reads it finds anything addressed to it.

    Args:
        text: What is printed.
        environ: What tells which services read it.
        kind: What it is; no line of JSON begins with a command.
    """
    if kind is Spoken.VERBATIM:
        return text
    for service, marker in MARKERS.items():
        if environ.get(service, "").lower() not in ("", "false"):
            text = re.sub(marker, _escaped if kind is Spoken.JSON else _parted, text)
            if service == GITHUB and kind is Spoken.TEXT:
                text = COMMAND.sub(r"\1\2\\", text)
    return text


def _parted(found: re.Match[str]) -> str:
    return _with(found, lambda char: f"\\{char}")


def _escaped(found: re.Match[str]) -> str:
    return _with(found, lambda char: f"\\u{ord(char):04x}")


def _with(found: re.Match[str], changed: Callable[[str], str]) -> str:
    """Return what was found, its only group changed."""
    return found[0].removesuffix(found[1]) + changed(found[1])
