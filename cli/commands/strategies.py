"""`optimizer strategies`: who is asked before a decision, and what each looks at."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.output import show
from cli.session import session


def strategies(
    name: Annotated[
        str | None, typer.Argument(help="One strategy; without one, all are listed.")
    ] = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """List the strategies, or tell what one asks and proposes.

    Example: optimizer strategies threshold_based
    """
    from optimizer.pipeline.strategy_pages import strategy_page, strategy_pages
    from reports.gallery.strategy_list import strategy_list
    from reports.gallery.strategy_page import strategy_page as page_report

    here = session(None, config, set_)
    if name is None:
        pages = strategy_pages(here.loaded.config)
        show(strategy_list(pages), pages, json=json, outputs=output)
    else:
        page = strategy_page(name, here.loaded.config)
        show(page_report(page), page, json=json, outputs=output)
