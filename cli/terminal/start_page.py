"""What `optimizer` alone says: where to begin, and the commands by what one wants to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

WIDTH = 80
NAMES = 15
"""Cells of the column on the left."""

TASKS: Mapping[str, Sequence[str]] = {
    "begin": ("demo", "init", "ingest", "status", "doctor", "config"),
    "look at a run": ("analyze", "runs", "show", "report", "formats", "convert"),
    "compare": ("compare", "gate", "comment", "baseline", "power", "flaky", "experiment"),
    "decide": ("decide", "explain", "strategies", "approve", "reject", "apply", "rollout"),
    "look back": ("outcome", "rollback", "audit", "feedback"),
    "watch": ("windows", "drift", "anomalies", "models", "frontier", "budget"),
    "better prompts": ("lint", "optimize", "prompts"),
    "other": ("replay", "stats", "store", "lake", "schema", "completion"),
}
"""Every command, under what one wants to do."""

FIRST = (
    ("optimizer demo", "the product in a minute, on runs that come with it"),
    ("optimizer ingest RUNS", "store your result files, of whatever tool"),
    ("optimizer compare OLD NEW", "is the new one really better?"),
    ("optimizer decide --all", "decide on every workflow, and say why"),
)


def start_page() -> str:
    """Return the page."""
    lines = ["From stored test results to an explained decision.", "", "Begin:"]
    column = max(len(command) for command, _ in FIRST) + 2
    lines += [f"  {command:<{column}}{what}" for command, what in FIRST]
    lines += ["", "Commands, by what you want to do:"]
    for task, commands in TASKS.items():
        rows = wrap(", ".join(commands), WIDTH - NAMES - 2)
        lines += [f"  {'' if i else task:<{NAMES}}{row}" for i, row in enumerate(rows)]
    lines += [
        "",
        "'optimizer COMMAND --help' tells what a command does, with an example.",
        "'optimizer --help' lists all commands.",
    ]
    return "\n".join(lines) + "\n"
