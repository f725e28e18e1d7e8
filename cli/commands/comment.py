"""`optimizer comment`: a report as the one comment of a pull request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.commenting.places import Target
from cli.output import note, show, write_out
from cli.session import session


def comment(
    file: Annotated[Path, typer.Argument(help="Markdown file, as 'gate -o gate.md' writes it.")],
    to: Annotated[
        Target | None, typer.Option("--to", help="Default: the service that runs the job.")
    ] = None,
    marker: Annotated[
        str | None,
        typer.Option(
            "--marker", help="Key that the comment is found by again. Default: the job's name."
        ),
    ] = None,
    pull_request: Annotated[
        str | None,
        typer.Option("--pull-request", help="Its number; empty: none. Default: that of the job."),
    ] = None,
    require: Annotated[
        bool, typer.Option("--require", help="Exit with 1 where it cannot be written.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say where it would go, print it, send nothing.")
    ] = False,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    json: options.Json = False,
) -> None:
    """Write a report as a comment of the pull request, or update the one it wrote before.

    The token is read from GITHUB_TOKEN or GITLAB_TOKEN. Other people's comments stay untouched.

    Exit code 0: written, or left out with a note why. 1: left out, with --require. 2: misuse.

    Example: optimizer comment gate.md
    """
    from cli.commenting.places import place_of
    from cli.commenting.text import comment_text, key_of
    from cli.commenting.writing import planned, write_comment
    from cli.reading.results import read_text
    from optimizer.models.commenting import CommentStatus
    from reports.gallery.comment import comment as comment_report

    settings = session(None, config, set_).loaded.config.comment
    said = read_text(file, "report")
    place = place_of(to, os.environ, pull_request)
    text = comment_text(said, key_of(marker, os.environ), max_chars=settings.max_chars)
    outcome = planned(place, text) if dry_run else write_comment(place, text, settings)
    show(comment_report(outcome), outcome, json=json)
    if outcome.status is CommentStatus.PLANNED and not json:
        write_out(f"\n{text.body}\n")
    if outcome.status is CommentStatus.LEFT_OUT:
        note(f"no comment was written: {outcome.reason}")
        raise typer.Exit(1 if require else 0)
