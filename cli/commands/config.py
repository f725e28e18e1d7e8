"""`optimizer config show`: the settings in force."""

from __future__ import annotations

from typing import Annotated

from cli import options, output, typer
from cli.session import session


def show(
    origin: Annotated[
        bool, typer.Option("--origin", help="Show where each value came from.")
    ] = False,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output_: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show the settings in force.

    Example: optimizer config show --origin
    """
    from optimizer.config.describe import settings_table
    from reports.gallery.settings import SettingRow
    from reports.gallery.settings import settings as settings_report

    rows = settings_table(session(None, config, set_).loaded)
    shown = [
        SettingRow(key=r.key, value=r.value, origin=r.origin, description=r.description)
        for r in rows
    ]
    output.show(settings_report(shown, origin=origin), rows, json=json, outputs=output_)
