"""`optimizer prompts`: the prompts of a project, in files and as versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.output import show as put
from optimizer.models.sites import PromptFormat


def extract(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files with prompts, and folders to go through."),
    ],
    from_: Annotated[
        PromptFormat | None,
        typer.Option("--from", help="What the files named are to be read as."),
    ] = None,
    texts: Annotated[bool, typer.Option("--show", help="Print the texts as well.")] = False,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Find the prompts in files: where each stands, and the variables it uses.

    Example: optimizer prompts extract workflow.yml prompts/
    """
    from optimizer.pipeline.prompt_files import find_prompts
    from reports.gallery.prompt_sites import prompt_sites

    found = find_prompts(paths, root=Path(), as_format=from_)
    put(prompt_sites(found, texts=texts), found, json=json, outputs=output)
