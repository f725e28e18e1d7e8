"""`optimizer doctor`: is everything sound?"""

from __future__ import annotations

from cli import options, typer
from cli.output import show
from cli.session import session
from cli.terminal.progress import stepping


def doctor(
    store: options.Store = None,
    config: options.ConfigFiles = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Examine the settings and the history. Exit code 1 if something is wrong.

    Example: optimizer doctor
    """
    from optimizer.pipeline.doctor import Finding, examine
    from reports.gallery.checks import Check, checks

    here = session(store, config)
    files = ", ".join(map(str, here.loaded.files)) or "no file: the defaults are in force"
    with stepping("examine") as told:
        findings = [
            Finding(name="settings", ok=True, text=f"valid, from {files}"),
            *examine(here.store, lock_timeout_s=here.lock_timeout_s, told=told),
        ]
    shown = [Check(name=f.name, ok=f.ok, text=f.text, hint=f.hint) for f in findings]
    show(checks(shown), findings, json=json, outputs=output)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)
