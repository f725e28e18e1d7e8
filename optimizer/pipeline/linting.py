"""Lint the prompts of files, and fix what may be fixed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.models.contract import IssueSeverity
from optimizer.models.errors import FormatError, SelectionError
from optimizer.models.lint_settings import LintSettings
from optimizer.models.linting import (
    Edit,
    LintFinding,
    LintReport,
    LintRulePage,
    PlacedEdit,
    PlacedFinding,
    PromptScores,
)
from optimizer.models.sites import PromptFormat, PromptSite
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.baseline import Known, fingerprint
from optimizer.promptcheck.lint.ignoring import Ignored, ignored
from optimizer.promptcheck.lint.linter import chosen_rules, fix, lint, named
from optimizer.promptcheck.lint.rules import BY_ID
from optimizer.promptcheck.parts import explanation
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.scores import score
from optimizer.prompts.extract import PatchRefused, find_sites, patch

WHOLE_FILES = frozenset({PromptFormat.TEXT, PromptFormat.JINJA})
"""Formats whose prompt is the file as it stands, byte order mark and line ends included."""

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file to lint.

    Attributes:
        path: How it is named in the report.
        content: Its bytes.
    """

    path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What became of some files.

    Attributes:
        report: What was found, after fixing.
        fixed: New content of the files that were fixed, by path.
    """

    report: LintReport
    fixed: dict[str, bytes]


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What is counted on the way."""

    known: Known
    findings: list[PlacedFinding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    n_prompts: int = 0
    n_ignored: int = 0
    n_known: int = 0
    n_fixed: int = 0


def lint_files(
    files: Iterable[NamedFile],
    settings: LintSettings,
    *,
    known: Mapping[str, int] | None = None,
    fixing: bool = False,
    unsafe: bool = False,
    unreadable: Sequence[str] = (),
) -> Linted:
    """Lint the prompts of files.

    Args:
        files: The files, in the order they are reported in.
        settings: Rules and bounds.
        known: Findings that are not reported, each as often as it is known.
        fixing: Whether to do the fixes that are safe.
        unsafe: Whether to do the others, too.
        unreadable: Files that could not be read, with the reason.

    Raises:
        ConfigError: The settings name a rule that there is not.
    """
    tally = _Tally(known=Counter(known or {}))
    fixed: dict[str, bytes] = {}
    bad, n_files = list(unreadable), 0
    for file in files:
        n_files += 1
        try:
            content = _lint_file(file, settings, tally, fixing=fixing or unsafe, unsafe=unsafe)
        except FormatError as error:
            bad.append(str(error))
            continue
        if content != file.content:
            fixed[file.path] = content
    ids = {placed.finding.rule_id for placed in tally.findings}
    report = LintReport(
        findings=tuple(tally.findings),
        rules=tuple(BY_ID[rule_id].page for rule_id in sorted(ids)),
        n_files=n_files,
        n_prompts=tally.n_prompts,
        n_ignored=tally.n_ignored,
        n_known=tally.n_known,
        n_fixed=tally.n_fixed,
        unreadable=tuple(bad),
        skipped=tuple(tally.skipped),
    )
    return Linted(report=report, fixed=fixed)


def _lint_file(
    file: NamedFile, settings: LintSettings, tally: _Tally, *, fixing: bool, unsafe: bool
) -> bytes:
    """Add what is found in a file to the tally; return its content, fixed where that is asked."""
    rules = chosen_rules(settings, path=file.path)
    found = find_sites(file.path, file.content)
    tally.skipped += [f"{skipped.path}: {skipped.reason}" for skipped in found.skipped]
    content = file.content
    for pointer in [site.pointer for site in found.sites]:
        if fixing:
            content = _fixed(
                NamedFile(path=file.path, content=content),
                pointer,
                rules=rules,
                settings=settings,
                tally=tally,
                unsafe=unsafe,
            )
    sites = find_sites(file.path, content).sites if content != file.content else found.sites
    file_text = content.decode("utf-8", "replace")
    comments = ignored(file_text)
    placed = [
        one for site in sites for one in _placed(_Place(site, file_text), rules, settings, comments)
    ]
    tally.n_prompts += len(sites)
    for one, is_ignored in placed:
        if is_ignored:
            tally.n_ignored += 1
        elif tally.known[one.fingerprint] > 0:
            tally.known[one.fingerprint] -= 1
            tally.n_known += 1
        else:
            tally.findings.append(one)
    return content


def _fixed(
    file: NamedFile,
    pointer: str,
    *,
    rules: Sequence[LintRule],
    settings: LintSettings,
    tally: _Tally,
    unsafe: bool,
) -> bytes:
    """Return a file with the fixes done in one of its prompts."""
    content = file.content
    site = next((s for s in find_sites(file.path, content).sites if s.pointer == pointer), None)
    if site is None:
        return content
    file_text = content.decode("utf-8", "replace")
    comments = ignored(file_text)

    def again(text: str) -> tuple[LintFinding, ...]:
        place = _Place(site, file_text, text)
        found = lint(text, declared=_declared(site, settings), settings=settings, rules=rules)
        return tuple(f for f in found if not place.is_ignored(f, comments))

    place = _Place(site, file_text)
    fixed = fix(place.text, again, unsafe=unsafe)
    if fixed.text == place.text:
        return content
    try:
        content = fixed.text.encode() if place.is_whole_file else patch(content, site, fixed.text)
    except (PatchRefused, UnicodeEncodeError) as error:
        tally.skipped.append(f"{site.prompt_id}: not fixed: {error}")
        return content
    tally.n_fixed += fixed.n
    return content


class _Place:
    """A prompt and the file around it: it knows where an offset stands."""

    def __init__(self, site: PromptSite, file_text: str, text: str | None = None) -> None:
        self.site = site
        self.is_whole_file = site.format in WHOLE_FILES
        whole = file_text if self.is_whole_file else site.text
        self.text = whole if text is None else text
        self._file_text = file_text
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset in the file, each counted from 1."""
        if not self.is_whole_file:
            place = self.site.place(offset)
            return place.line, place.column
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def is_ignored(self, finding: LintFinding, comments: Ignored) -> bool:
        """Tell whether a comment in the file ignores a finding."""
        line, _ = self.at(finding.start or 0)
        prompt_line = None if self.is_whole_file else self.site.line
        return comments.covers(finding.rule_id, line, prompt_line=prompt_line)

    def lines(self, finding: LintFinding) -> str:
        """Return the lines that a finding stands in; of the prompt as a whole, none."""
        if finding.start is None or finding.end is None:
            return ""
        first = bisect_right(self._starts, finding.start) - 1
        last = bisect_right(self._starts, max(finding.start, finding.end - 1))
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        return self.text[self._starts[first] : end]

    def edits(self, edits: Sequence[Edit]) -> tuple[PlacedEdit, ...]:
        """Return edits in the file, or none where it writes the prompt in another way."""
        if not self.is_whole_file:
            return ()
        return tuple(
            PlacedEdit(
                line=self.at(edit.start)[0],
                column=self.at(edit.start)[1],
                end_line=self.at(edit.end)[0],
                end_column=self.at(edit.end)[1],
                text=edit.text,
            )
            for edit in edits
        )


def _placed(
    place: _Place, rules: Sequence[LintRule], settings: LintSettings, comments: Ignored
) -> Iterator[tuple[PlacedFinding, bool]]:
    """Yield what is found in a prompt with its place, and whether a comment ignores it."""
    site = place.site
    declared = _declared(site, settings)
    for finding in lint(place.text, declared=declared, settings=settings, rules=rules):
        line, column = place.at(finding.start or 0)
        end_line, end_column = place.at(finding.end or 0)
        placed = PlacedFinding(
            path=site.path,
            prompt_id=site.prompt_id,
            finding=finding,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            fingerprint=fingerprint(finding.rule_id, site.prompt_id, place.lines(finding)),
            fix=place.edits(finding.edits),
        )
        yield placed, place.is_ignored(finding, comments)


def _declared(site: PromptSite, settings: LintSettings) -> tuple[str, ...] | None:
    """Return the variables that a prompt is declared to use: by the settings, else by its file."""
    return settings.declared.get(site.prompt_id, site.declared)


def is_failed(report: LintReport, settings: LintSettings) -> bool:
    """Tell whether something was found that is at least as bad as the settings bear."""
    worst_first = list(IssueSeverity)
    bad = worst_first[: worst_first.index(settings.fail_on) + 1]
    return any(placed.finding.severity in bad for placed in report.findings)


def scored(files: Iterable[NamedFile], unreadable: list[str]) -> tuple[PromptScores, ...]:
    """Return the published scores of the prompts of files.

    Args:
        files: The files.
        unreadable: Is told what could not be read, and why.
    """
    found = []
    for file in files:
        try:
            sites = find_sites(file.path, file.content).sites
        except FormatError as error:
            unreadable.append(str(error))
            continue
        found += [_scores(site) for site in sites]
    return tuple(found)


def _scores(site: PromptSite) -> PromptScores:
    scores = score(read(site.text))
    return PromptScores(
        prompt_id=site.prompt_id,
        overall=scores.overall,
        clarity=scores.clarity,
        efficiency=scores.efficiency,
        explanation=tuple(explanation(part) for part in scores.parts),
    )


def rule_pages(name: str) -> tuple[LintRulePage, ...]:
    """Return the pages of the rules that an id, the beginning of one, a name or `all` names.

    Raises:
        SelectionError: No rule is called so.
    """
    pages = tuple(rule.page for rule in named(name))
    if not pages:
        raise SelectionError(
            f"rule {name!r}: there is none, expected an id, its beginning or a name",
            hint="'optimizer lint --rule all' lists the rules.",
        )
    return pages
