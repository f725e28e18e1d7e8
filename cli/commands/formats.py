"""`optimizer formats`: the result files that can be read."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show


def formats(
    name: Annotated[str | None, typer.Argument(help="Only this format.")] = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show which result files can be read, what is carried over and what is lost.

    Example: optimizer formats native
    """
    from executor_bridge.detect import BRIDGES, named
    from reports.gallery.formats import Format
    from reports.gallery.formats import formats as formats_report

    shown = [
        Format(
            name=bridge.name,
            tool=bridge.notes.summary,
            wants=bridge.wants,
            versions=bridge.notes.versions,
            carried_over=bridge.notes.carried_over,
            lost=bridge.notes.lost,
            example=bridge.notes.example,
        )
        for bridge in ([named(name)] if name else BRIDGES)
    ]
    show(formats_report(shown), shown, json=json, outputs=output)
