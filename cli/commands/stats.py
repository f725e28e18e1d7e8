"""`optimizer stats`: any statistical method by name, on numbers or on the columns of a file."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show


def stats(
    method: Annotated[
        str | None, typer.Argument(help="The method; without one, all are listed.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            help="NAME=VALUE, or VALUE in the order of the parameters. A value is a number, true, "
            "false, a text, a JSON list, @FILE.csv:COLUMN or @FILE.json:KEY; one that begins with "
            "a minus needs its name. Without values, the "
            "method is described. conf and confidence stand for level, alpha for 1 - level, A and "
            "B for first and second; the description of a method names all that it understands.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="JSON object of values by name; - for standard input. What the command line "
            "names itself comes first.",
        ),
    ] = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Run a statistical method by name, describe it, or list them all.

    Example: optimizer stats tango b=6 c=16 n=161 level=0.95
    """
    from cli.values import read_values
    from optimizer.pipeline.kernel_call import call_kernel
    from optimizer.pipeline.kernel_pages import kernel_families, kernel_page
    from reports.gallery.kernel_list import kernel_list
    from reports.gallery.kernel_page import kernel_page as page_report
    from reports.gallery.kernel_result import kernel_result

    if method is None:
        families = kernel_families()
        show(kernel_list(families), families, json=json, outputs=output)
    elif not values and source is None:
        page = kernel_page(method)
        show(page_report(page), page, json=json, outputs=output)
    else:
        given = read_values(values or (), source)
        found = call_kernel(method, given.positional, given.named)
        show(kernel_result(found), found.record, json=json, outputs=output)
