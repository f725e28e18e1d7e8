"""`optimizer ingest feedback`: store what users said of answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import typer
from cli.output import show
from cli.session import Session
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.models.feedback import FeedbackReading
    from optimizer.models.ingest import IngestSettings

NAME = "feedback"


def is_feedback(files: Sequence[str]) -> bool:
    """Say whether files of feedback are meant, rather than a file of that name."""
    return files[0] == NAME and not Path(NAME).exists()


def refuse(options: Mapping[str, object], meant_for: str) -> None:
    """Refuse options that say nothing of the files that are named.

    Raises:
        ConfigError: One was given.
    """
    for option, value in options.items():
        if value:
            raise ConfigError(f"{option}: is for {meant_for}, which these are not meant to be")


def ingest_feedback(
    files: Sequence[str],
    here: Session,
    *,
    rating_scale: str | None,
    replace: bool,
    strict: bool,
    outputs: Sequence[Path] | None,
    json: bool,
) -> None:
    """Store files of feedback. Doing it again changes nothing.

    Rows that cannot be used are kept aside with the reason; exit code 2 if a file had no other.
    """
    from executor_bridge import expand
    from optimizer.models.ingest import FileStatus
    from optimizer.pipeline.feedback import FeedbackJob
    from optimizer.pipeline.feedback import ingest_feedback as ingest_files
    from reports.gallery.feedback_files import feedback_files
    from reports.tables.stores import feedback_file_tables

    if not files:
        raise ConfigError("ingest feedback: no file is named, expected files of feedback")
    settings = here.loaded.config
    job = FeedbackJob(
        store=here.store,
        settings=settings.store,
        replace=replace,
        strict=strict,
        actor=here.actor,
        now=here.now,
    )
    read = _reader(settings.ingest, rating_scale, strict=strict)
    outcomes = list(ingest_files(expand(files), read, job))
    tables = feedback_file_tables(outcomes)
    show(feedback_files(outcomes), outcomes, json=json, outputs=outputs, tables=tables)
    if any(outcome.status is FileStatus.REJECTED for outcome in outcomes):
        raise typer.Exit(2)


def _reader(
    settings: IngestSettings, rating_scale: str | None, *, strict: bool
) -> Callable[[str], FeedbackReading]:
    """Return what reads one file, or standard input for `-`.

    Raises:
        ConfigError: The scale is none, or there is no standard input.
    """
    from executor_bridge.feedback.files import read_feedback
    from executor_bridge.feedback.signals import parsed_scale

    scale = None if rating_scale is None else parsed_scale(rating_scale)
    if rating_scale is not None and scale is None:
        raise ConfigError(f"--rating-scale: {rating_scale!r}, expected two numbers as 0:10")

    def read(path: str) -> FeedbackReading:
        if path == "-" and sys.stdin is None:
            raise ConfigError("-: there is no standard input to read")
        stdin = sys.stdin.buffer if path == "-" else None
        return read_feedback(path, settings, rating_scale=scale, strict=strict, stdin=stdin)

    return read
