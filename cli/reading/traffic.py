"""The requests that a replay is of: those in a file, or those of a stored workflow."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cli import typer
from cli.options import utc
from cli.session import Session
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

TraceFile = Annotated[
    str | None,
    typer.Argument(
        metavar="[TRACE]",
        help="File of requests (CSV or JSONL; .gz and .zst too), or - for standard input.",
        show_default=False,
    ),
]
FromWorkflow = Annotated[
    str | None,
    typer.Option("--workflow", "-w", help="In place of a file: the newest tasks of this workflow."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests and where they come from.

    Attributes:
        subject: The file as the user named it, or the workflow.
        is_workflow: Whether it is a workflow.
        requests: The requests, in order of time.
        block_tokens: Tokens of a prefix block; None where unknown.
        warnings: What a reader should know of how they were read.
    """

    subject: str
    is_workflow: bool
    requests: Requests
    block_tokens: int | None = None
    warnings: tuple[str, ...] = ()


def traffic(
    trace: str | None, workflow: str | None, here: Session, *, as_of: datetime | None = None
) -> Traffic:
    """Return the requests of a file or of a workflow, whichever is named.

    Raises:
        BadParameter: Both are named, or neither.
    """
    if (trace is None) == (workflow is None):
        raise typer.BadParameter("name a file of requests, or a workflow with --workflow")
    if trace is not None:
        return _from_file(trace, here)
    return _from_history(workflow or "", here, as_of)


def _from_file(path: str, here: Session) -> Traffic:
    from executor_bridge.traces import read_trace

    if path == "-" and sys.stdin is None:
        raise ConfigError("-: there is no standard input to read")
    stdin = sys.stdin.buffer if path == "-" else None
    found = read_trace(path, here.loaded.config.ingest, stdin=stdin)
    return Traffic(
        subject=found.path,
        is_workflow=False,
        requests=found.requests,
        block_tokens=found.block_tokens,
        warnings=found.warnings,
    )


def _from_history(workflow: str, here: Session, as_of: datetime | None) -> Traffic:
    from optimizer.history.store import read_history
    from optimizer.pipeline.replaying import stored_requests

    until = utc("--as-of", as_of)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = stored_requests(
            history, workflow, as_of=until, settings=here.loaded.config.evidence
        )
    return Traffic(subject=workflow, is_workflow=True, requests=found)
