"""`optimizer prompts`: the prompts of a project, in files and as versions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cli import options, typer
from cli.ci.listeners import Spoken
from cli.output import note, plain, show, write_out
from cli.payload import as_json
from cli.session import session
from cli.writing.reports import write_file
from optimizer.models.sites import PromptFormat

Selected = Annotated[
    str,
    typer.Argument(
        metavar="VERSION",
        help="A version: ID@1.1.0, 1.1.0 where the prompt is clear, or ID for the one in use.",
    ),
]
PromptId = Annotated[str, typer.Argument(metavar="ID", help="A prompt; see 'prompts list'.")]
OfPrompt = Annotated[
    str | None, typer.Option("--prompt", help="The prompt, where the version does not name it.")
]
RecordOnly = Annotated[
    bool, typer.Option("--record-only", help="Leave the file as it is; only record the step.")
]


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
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.prompt_files import find_prompts
    from reports.gallery.prompt_sites import prompt_sites

    here = session()
    found = find_prompts(
        paths,
        root=project_files(here).root,
        as_format=from_,
        settings=here.loaded.config.extract,
    )
    show(prompt_sites(found, texts=texts), found, json=json, outputs=output)


def list_(
    store: options.Store = None, output: options.TableOutputs = None, json: options.Json = False
) -> None:
    """List the prompts that are stored, each with its version in use.

    Example: optimizer prompts list
    """
    from optimizer.history.queries.optimizing import prompt_versions
    from optimizer.history.store import read_history
    from reports.gallery.prompt_list import prompt_list
    from reports.tables.versions import version_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = prompt_versions(history)
    tables = version_tables(found)
    show(prompt_list(found), found, json=json, outputs=output, tables=tables)


def show_(
    version: Selected,
    prompt: OfPrompt = None,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show a version: what it changes, the held-out tests it rests on, how it was made.

    Example: optimizer prompts show prompts/triage.md@1.1.0
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.prompt_pages import page
    from optimizer.pipeline.scope import rules_of
    from reports.gallery.prompt_version import prompt_version

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = page(history, version, rules=rules_of(here.loaded.config), prompt_id=prompt)
    show(prompt_version(found), found, json=json, outputs=output)


def diff(
    before: Annotated[str, typer.Argument(metavar="V1", help="The one version.")],
    after: Annotated[str, typer.Argument(metavar="V2", help="The other version.")],
    prompt: OfPrompt = None,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Show what is different in the second of two versions, word by word.

    Example: optimizer prompts diff 1.0.0 1.1.0 --prompt prompts/triage.md
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.prompt_pages import difference
    from reports.gallery.prompt_diff import prompt_diff

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = difference(history, before, after, prompt_id=prompt)
    show(prompt_diff(found), found, json=json, outputs=output)


def log(
    prompt: Annotated[
        str | None, typer.Argument(metavar="ID", help="The prompt, where several are stored.")
    ] = None,
    store: options.Store = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Show the versions of a prompt and every step of theirs, newest last.

    Example: optimizer prompts log prompts/triage.md
    """
    from optimizer.history.store import read_history
    from optimizer.models.versions import VersionLog
    from optimizer.pipeline.prompt_pages import steps
    from reports.gallery.prompt_log import prompt_log
    from reports.tables.versions import version_log_tables

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        versions, entries = steps(history, prompt)
    found = VersionLog(versions=tuple(versions), steps=tuple(entries))
    document = prompt_log(versions[0].prompt_id, versions, entries)
    show(document, found, json=json, outputs=output, tables=version_log_tables(found))


def record(
    files: Annotated[
        list[Path], typer.Argument(help="Files with prompts, and folders to go through.")
    ],
    workflow: Annotated[
        str | None, typer.Option("--workflow", "-w", help="The workflow they are part of.")
    ] = None,
    by: options.ByNow = None,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Record the prompts of files as they are now: new ones as 1.0.0, edits as versions.

    Example: optimizer prompts record prompts/triage.md
    """
    from cli.deciding import who
    from cli.reading.prompt_files import project_files
    from optimizer.history.store import open_history
    from optimizer.pipeline.prompt_files import find_prompts
    from optimizer.pipeline.prompt_versions import register
    from optimizer.pipeline.scope import rules_of
    from reports.gallery.prompt_list import prompt_list

    here = session(store)
    config = here.loaded.config
    actor, rules = who(here, by), rules_of(config)
    found = find_prompts(files, root=project_files(here).root, settings=config.extract)
    for skipped in found.skipped:
        note(f"{skipped.path}{skipped.pointer and '#' + skipped.pointer}: {skipped.reason}")
    with open_history(
        here.store, lock_timeout_s=here.lock_timeout_s, now=here.now, create=True
    ) as history:
        recorded = [
            register(history, site, actor, rules=rules, workflow_id=workflow)
            for site in found.sites
        ]
    show(prompt_list(recorded), recorded, json=json, outputs=output)


def promote(
    version: Selected,
    prompt: OfPrompt = None,
    by: options.ByNow = None,
    why: options.Why = "",
    record_only: RecordOnly = False,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Put a confirmed version in force: its file is written, the one before is retired.

    Only a version that held-out tests confirmed can be promoted, and only where its file still
    holds the version in use.

    Example: optimizer prompts promote prompts/triage.md@1.1.0 --by ann
    """
    from cli.deciding import who, writing
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.prompt_versions import promote as put_in_force
    from reports.gallery.prompt_moved import prompt_moved

    here = session(store)
    files = None if record_only else project_files(here)
    with writing(here) as history:
        moved = put_in_force(history, version, who(here, by, why), files=files, prompt_id=prompt)
    show(prompt_moved(moved), moved, json=json, outputs=output)


def rollback(
    prompt: PromptId,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Whose text is restored.")],
    by: options.ByNow = None,
    why: options.Why = "",
    record_only: RecordOnly = False,
    store: options.Store = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Put the text of an earlier version in force again, byte for byte, as a new patch version.

    Example: optimizer prompts rollback prompts/triage.md 1.0.0 --why "users complain"
    """
    from cli.deciding import who, writing
    from cli.reading.prompt_files import project_files
    from optimizer.pipeline.prompt_versions import roll_back
    from reports.gallery.prompt_moved import prompt_moved

    here = session(store)
    files = None if record_only else project_files(here)
    with writing(here) as history:
        moved = roll_back(history, prompt, version, who(here, by, why), files=files)
    show(prompt_moved(moved), moved, json=json, outputs=output)


def export(
    version: Selected,
    prompt: OfPrompt = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.")
    ] = None,
    store: options.Store = None,
    json: options.Json = False,
) -> None:
    """Print the text of a version as it is; with --json the whole published record.

    Example: optimizer prompts export prompts/triage.md@1.0.0 -o before.md
    """
    from optimizer.history.store import read_history
    from optimizer.pipeline.prompt_pages import published
    from optimizer.pipeline.select_prompt import select_version

    here = session(store)
    with read_history(here.store, lock_timeout_s=here.lock_timeout_s) as history:
        found = select_version(history, version, prompt_id=prompt)
        text = as_json(published(history, found)) if json else found.text
    if output is None:
        is_seen = sys.stdout is not None and sys.stdout.isatty()
        write_out(plain(text) if is_seen else text, Spoken.JSON if json else Spoken.VERBATIM)
    else:
        write_file(output, text)
        note(f"wrote {output}")
