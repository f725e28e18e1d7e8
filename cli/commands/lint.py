"""`optimizer lint`: what is wrong with prompts, as far as their text tells."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli import options, typer
from cli.ci.listeners import Spoken
from cli.output import complain, note, plain, show, show_line, use_color, write_out
from cli.payload import as_json
from cli.reading.lint_files import STDIN, prompt_files
from cli.session import session
from cli.terminal.manners import manner
from cli.terminal.progress import each
from cli.writing.endings import SARIF, require_not_read
from cli.writing.reports import write_file, write_pieces, write_reports
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from optimizer.models.lint_settings import LintSettings
    from optimizer.models.linting import LintReport, PromptScores
    from optimizer.pipeline.linting import Linted
    from optimizer.pipeline.named_files import NamedFile

COULD_NOT = 2


class LintFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Files and folders, or - for standard input."),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Do the fixes that are safe.")] = False,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="Do also those that may change the answers."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what fixes would change, and change nothing.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", help="Rules to use: ids, beginnings or names; repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="Rules not to use, likewise; repeatable."),
    ] = None,
    output_format: Annotated[
        LintFormat, typer.Option("--output-format", help="How to print what was found.")
    ] = LintFormat.TEXT,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="File of known findings, which are not reported."),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", help="Write all that is found to such a file."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", help="Explain a rule by id or name, or all, and do nothing else."),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the findings of each rule instead.")
    ] = False,
    scores: Annotated[
        bool,
        typer.Option("--scores", help="Print the published scores of each prompt instead."),
    ] = False,
    stdin_filename: Annotated[
        str, typer.Option("--stdin-filename", help="What to take standard input for.")
    ] = STDIN,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.LintOutputs = None,
    json: options.Json = False,
) -> None:
    """Find what is wrong with prompts, as far as their text tells, and fix it.

    A comment `lint: ignore P020` in the line above keeps a finding from being reported.

    Exit code 0: nothing at least as bad as lint.fail_on. 1: something. 2: a file is unreadable.

    Example: optimizer lint prompts/ workflow.yml --fix
    """
    from optimizer.pipeline.linting import lint_files
    from optimizer.pipeline.named_files import PassedOver
    from optimizer.pipeline.prompt_scores import scored
    from optimizer.promptcheck.lint.baseline import baseline_text

    if rule is not None:
        _explain(rule, json=json, outputs=output)
        return
    paths = _named(paths)
    if json and (diff or (STDIN in paths and (fix or unsafe))):
        raise typer.BadParameter("--json prints findings; --diff and --fix of - print text")
    said = session(None, config, set_).loaded.config
    settings = _settings(said.lint, select, ignore)
    passed_over = PassedOver()
    files = list(prompt_files(paths, said.extract, passed_over, stdin_name=stdin_filename))
    require_not_read(output or (), [file.path for file in files])
    if scores:
        found = scored(files, passed_over.unreadable, extract=said.extract)
        _show_scores(found, json=json, outputs=output)
        raise typer.Exit(COULD_NOT if passed_over.unreadable else 0)
    linted = lint_files(
        each(files, "lint"),
        settings,
        extract=said.extract,
        known=_known(baseline or settings.baseline, is_named=baseline is not None),
        fixing=fix or diff,
        unsafe=unsafe,
        passed_over=passed_over,
    )
    if write_baseline is not None:
        write_file(write_baseline, baseline_text(linted.report.findings))
        _narrate_baseline(write_baseline, linted.report, json=json)
        return
    if diff:
        _show_diff(files, linted)
    else:
        _write_fixed(linted, stdin_filename)
    if (fix or unsafe) and STDIN in paths and not diff:
        _pass_on(files, linted, stdin_filename)
    elif statistics:
        _show_statistics(linted.report, json=json)
    elif not diff:
        _print(linted.report, LintFormat.JSON if json else output_format)
    if output:
        _write(output, linted.report)
    _narrate(linted.report)
    raise typer.Exit(_exit_code(linted, settings, diff=diff))


def _named(paths: list[str] | None) -> list[str]:
    """Return the files and folders to lint.

    Raises:
        BadParameter: There are none.
    """
    if not paths:
        raise typer.BadParameter("name files or folders to lint, or - for standard input")
    return paths


def _narrate_baseline(path: Path, report: LintReport, *, json: bool) -> None:
    """Say which baseline was written; as JSON, what is in it."""
    note(f"wrote {path}: {len(report.findings)} known findings")
    if json:
        write_out(as_json(report), Spoken.JSON)


def _explain(rule: str, *, json: bool, outputs: Sequence[Path] | None) -> None:
    from optimizer.pipeline.linting import rule_pages
    from reports.gallery.lint_rules import lint_rules

    pages = rule_pages(rule)
    show(lint_rules(pages), pages, json=json, outputs=outputs)


def _show_scores(
    found: Sequence[PromptScores], *, json: bool, outputs: Sequence[Path] | None
) -> None:
    from reports.gallery.lint_scores import lint_scores
    from reports.tables.lint import score_tables

    show(lint_scores(found), found, json=json, outputs=outputs, tables=score_tables(found))


def _show_statistics(report: LintReport, *, json: bool) -> None:
    from reports.gallery.lint_statistics import lint_statistics

    show(lint_statistics(report), report, json=json)


def _settings(
    settings: LintSettings, select: list[str] | None, ignore: list[str] | None
) -> LintSettings:
    """Return the settings with what the command line says of rules."""
    return settings.model_copy(
        update={
            "select": _listed(select) or settings.select,
            "ignore": (*settings.ignore, *_listed(ignore)),
        }
    )


def _listed(names: list[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for name in names or () for part in name.split(",") if part.strip())


def _known(path: Path | None, *, is_named: bool) -> dict[str, int]:
    """Return what the baseline file lists; one that only the settings name may be absent."""
    from optimizer.promptcheck.lint.baseline import known_findings

    if path is None or (not is_named and not path.exists()):
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}, expected a baseline") from error
    return dict(known_findings(str(path), text))


def _write_fixed(linted: Linted, stdin_name: str) -> None:
    """Write the files that were fixed."""
    for path, content in linted.fixed.items():
        if path != stdin_name:
            write_pieces(Path(path), [content])


def _pass_on(files: Sequence[NamedFile], linted: Linted, stdin_name: str) -> None:
    """Print what came from standard input, fixed, and nothing else; what is left goes to stderr."""
    from reports.render.lint import lint_lines

    for file in files:
        if file.path == stdin_name:
            content = linted.fixed.get(file.path, file.content)
            write_out(content.decode("utf-8", "replace"), Spoken.VERBATIM)
    note(lint_lines(linted.report, color=False).rstrip("\n"))


def _show_diff(files: Sequence[NamedFile], linted: Linted) -> None:
    for file in files:
        if file.path in linted.fixed:
            old, new = (
                content.decode("utf-8", "replace").splitlines(keepends=True)
                for content in (file.content, linted.fixed[file.path])
            )
            for line in difflib.unified_diff(old, new, file.path, file.path):
                write_out(plain(line.rstrip("\r\n")) + "\n")


def _print(report: LintReport, kind: LintFormat) -> None:
    from optimizer import __version__
    from reports.render.github import annotation_lines
    from reports.render.lint import lint_lines, lint_summary
    from reports.render.sarif import sarif

    match kind:
        case LintFormat.JSON:
            write_out(as_json(report), Spoken.JSON)
        case LintFormat.SARIF:
            write_out(sarif(report, version=__version__), Spoken.JSON)
        case LintFormat.GITHUB:
            write_out(annotation_lines(report), Spoken.COMMANDS)
        case LintFormat.TEXT if manner().quiet:
            show_line(lint_summary(report))
        case LintFormat.TEXT:
            write_out(lint_lines(report, color=use_color(sys.stdout)))


def _write(outputs: Sequence[Path], report: LintReport) -> None:
    """Write what was found to files."""
    from optimizer import __version__
    from reports.gallery.lint import lint as lint_report
    from reports.render.lint import lint_lines
    from reports.render.sarif import sarif
    from reports.tables.lint import finding_tables

    own = {
        ".txt": partial(lint_lines, report, color=False),
        **dict.fromkeys(SARIF, partial(sarif, report, version=__version__)),
    }
    write_reports(outputs, lint_report(report), report, finding_tables(report), own=own)


def _narrate(report: LintReport) -> None:
    for reason in report.unreadable:
        complain(f"error: {reason}")
    for reason in report.skipped:
        note(f"skipped: {reason}")


def _exit_code(linted: Linted, settings: LintSettings, *, diff: bool) -> int:
    from optimizer.pipeline.linting import is_failed

    if linted.report.unreadable:
        return COULD_NOT
    return int(bool(diff and linted.fixed) or is_failed(linted.report, settings))
