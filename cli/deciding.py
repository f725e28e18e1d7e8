"""What the commands share that move a decision on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options, typer
from cli.output import note, show
from cli.payload import as_json
from cli.session import Session
from cli.writing.reports import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.history.store import History
    from optimizer.models.lifecycle import Commands, Moved
    from optimizer.pipeline.lifecycle import Who


@contextmanager
def writing(here: Session) -> Iterator[History]:
    """Open the history, which must be there, for a step."""
    from optimizer.history.store import open_history

    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=False
    ) as history:
        yield history


def who(here: Session, by: str | None = None, why: str = "", at: datetime | None = None) -> Who:
    """Return who does something.

    Raises:
        BadParameter: Somebody, or a reason, is named by nothing but spaces.
    """
    from optimizer.pipeline.lifecycle import Who

    if by is not None and not by.strip():
        raise typer.BadParameter("--by: expected a name")
    done_at = options.utc("--at", at) or here.now
    return Who(actor=by or here.actor, why=why, at=done_at, told_at=here.now)


def write_asked(
    asked: Sequence[Commands], emit: Path | None, patch: Path | None = None, patched: object = None
) -> None:
    """Write what a decision asks for to the files that were named."""
    if emit is not None:
        write_file(emit, as_json(list(asked)))
        note(f"wrote {emit}")
    if patch is not None:
        write_file(patch, as_patch(patched))
        note(f"wrote {patch}")


def as_patch(content: object) -> str:
    """Return a JSON patch as a file that any tool can apply."""
    import json

    return json.dumps(content, indent=2) + "\n"


def show_moved(
    moved: Moved,
    *,
    json: bool,
    outputs: Sequence[Path] | None,
    emit: Path | None = None,
    patch: Path | None = None,
) -> None:
    """Show what was done, and write what it asks for."""
    from reports.gallery.moved import moved as moved_report

    asked = [moved.commands] if moved.commands else []
    write_asked(asked, emit, patch, [dict(one) for one in moved.patch])
    show(moved_report(moved), moved, json=json, outputs=outputs)
