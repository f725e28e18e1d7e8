"""`optimizer init`: a settings file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cli import typer
from cli.output import note
from cli.writing.reports import write_file
from optimizer.models.errors import ConfigError

FILE = "optimizer.toml"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put it.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite one that is there.")] = False,
) -> None:
    """Write a settings file in which every setting is explained and commented out.

    Example: optimizer init
    """
    from optimizer.config.example import example_toml

    path = folder / FILE
    if path.exists() and not force:
        raise ConfigError(f"{path}: there already", hint="Overwrite it with --force.")
    write_file(path, example_toml())
    note(f"wrote {path}; every setting in it is commented out and shows its default")
    note("next: 'optimizer ingest .', then 'optimizer decide --all'")
