"""Lint the prompts of files, and fix what may be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from optimizer.models.contract import IssueSeverity
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import FormatError, SelectionError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.lint_settings import LintSettings
from optimizer.models.linting import LintFinding, LintReport, LintRulePage, PlacedFinding
from optimizer.models.nearest import meant
from optimizer.models.sites import FoundPrompts, PromptSite
from optimizer.pipeline.lint_places import Place, declared_by, placed_findings
from optimizer.pipeline.named_files import DEFAULTS, NamedFile, PassedOver
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.baseline import Known
from optimizer.promptcheck.lint.ignoring import ignored
from optimizer.promptcheck.lint.linter import (
    RULES_LISTED,
    chosen_rules,
    fix,
    lint,
    named,
    names_of_rules,
)
from optimizer.promptcheck.lint.rules import BY_ID
from optimizer.prompts.extract import PatchRefused, find_sites, patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What became of some files.

    Attributes:
        report: What was found, after fixing.
        fixed: New content of the files that were fixed, by path.
    """

    report: LintReport
    fixed: dict[str, bytes]


def lint_files(
    files: Iterable[NamedFile],
    settings: LintSettings,
    *,
    extract: ExtractSettings = DEFAULTS,
    known: Mapping[str, int] | None = None,
    fixing: bool = False,
    unsafe: bool = False,
    passed_over: PassedOver | None = None,
) -> Linted:
    """Lint the prompts of files.

    Args:
        files: The files, in the order they are reported in.
        settings: Rules and bounds.
        extract: How large a prompt may be.
        known: Findings that are not reported, each as often as it is known.
        fixing: Whether to do the fixes that are safe.
        unsafe: Whether to do the others, too.
        passed_over: Files that were not taken, with the reasons, for the report.

    Raises:
        ConfigError: The settings name a rule that there is not.
    """
    passed_over = passed_over or PassedOver()
    linting = _Linting(settings=settings, extract=extract, known=Counter(known or {}))
    linting.skipped += passed_over.skipped
    fixed: dict[str, bytes] = {}
    bad, n_files = list(passed_over.unreadable), 0
    for file in files:
        n_files += 1
        try:
            content = linting.fixed(file, unsafe=unsafe) if fixing or unsafe else file.content
            linting.take(replace(file, content=content))
        except FormatError as error:
            bad.append(str(error))
            continue
        if content != file.content:
            fixed[file.path] = content
    return Linted(report=linting.report(n_files=n_files, unreadable=bad), fixed=fixed)


@dataclass(slots=True, kw_only=True)
class _Linting:
    """One file after the other, and what is counted on the way."""

    settings: LintSettings
    extract: ExtractSettings
    known: Known
    findings: list[PlacedFinding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    n_prompts: int = 0
    n_ignored: int = 0
    n_known: int = 0
    n_fixed: int = 0

    def take(self, file: NamedFile) -> None:
        """Count what is found in a file.

        Raises:
            FormatError: It cannot be read.
            ConfigError: The settings name a rule that there is not.
        """
        rules = chosen_rules(self.settings, path=file.path)
        found = find_sites(file.path, file.content, settings=self.extract)
        self.skipped += [f"{skipped.path}: {skipped.reason}" for skipped in found.skipped]
        if file.is_named and found == FoundPrompts():
            self.skipped.append(f"{file.path}: no prompt was found in it")
        self.n_prompts += len(found.sites)
        file_text = file.content.decode("utf-8", "replace")
        comments = ignored(file_text)
        for site in found.sites:
            place = Place(site, file_text)
            for one, is_ignored in placed_findings(place, rules, self.settings, comments):
                self._count(one, is_ignored=is_ignored)

    def _count(self, one: PlacedFinding, *, is_ignored: bool) -> None:
        if is_ignored:
            self.n_ignored += 1
        elif self.known[one.fingerprint] > 0:
            self.known[one.fingerprint] -= 1
            self.n_known += 1
        else:
            self.findings.append(one)

    def fixed(self, file: NamedFile, *, unsafe: bool) -> bytes:
        """Return a file with the fixes done in each of its prompts.

        Raises:
            FormatError: It cannot be read.
            ConfigError: The settings name a rule that there is not.
        """
        rules = chosen_rules(self.settings, path=file.path)
        content = file.content
        for pointer in [site.pointer for site in self._sites(file.path, content)]:
            sites = self._sites(file.path, content)  # a fix moves those that follow
            site = next((one for one in sites if one.pointer == pointer), None)
            if site is not None:
                content = self._with_fixes(site, content, rules, unsafe=unsafe)
        return content

    def _sites(self, path: str, content: bytes) -> tuple[PromptSite, ...]:
        return find_sites(path, content, settings=self.extract).sites

    def _with_fixes(
        self, site: PromptSite, content: bytes, rules: Sequence[LintRule], *, unsafe: bool
    ) -> bytes:
        """Return a file with the fixes done in one of its prompts."""
        settings = self.settings
        file_text = content.decode("utf-8", "replace")
        comments = ignored(file_text)

        def again(text: str) -> tuple[LintFinding, ...]:
            place = Place(site, file_text, text)
            found = lint(text, declared=declared_by(site, settings), settings=settings, rules=rules)
            return tuple(one for one in found if not place.is_ignored(one, comments))

        place = Place(site, file_text)
        done = fix(place.text, again, unsafe=unsafe)
        if done.text == place.text:
            return content
        try:
            content = done.text.encode() if place.is_whole_file else patch(content, site, done.text)
        except (PatchRefused, UnicodeEncodeError) as error:
            self.skipped.append(f"{site.prompt_id}: not fixed: {error}")
            return content
        self.n_fixed += done.n
        return content

    def report(self, *, n_files: int, unreadable: Sequence[str]) -> LintReport:
        """Return what was found."""
        ids = {placed.finding.rule_id for placed in self.findings}
        return LintReport(
            findings=tuple(self.findings),
            rules=tuple(BY_ID[rule_id].page for rule_id in sorted(ids)),
            n_files=n_files,
            n_prompts=self.n_prompts,
            n_ignored=self.n_ignored,
            n_known=self.n_known,
            n_fixed=self.n_fixed,
            unreadable=tuple(unreadable),
            skipped=tuple(self.skipped),
        )


def is_failed(report: LintReport, settings: LintSettings) -> bool:
    """Tell whether something was found that is at least as bad as the settings bear."""
    worst_first = list(IssueSeverity)
    bad = worst_first[: worst_first.index(settings.fail_on) + 1]
    return any(placed.finding.severity in bad for placed in report.findings)


def rule_pages(name: str) -> tuple[LintRulePage, ...]:
    """Return the pages of the rules that an id, the beginning of one, a name or `all` names.

    Raises:
        SelectionError: No rule is called so.
    """
    pages = tuple(rule.page for rule in named(name))
    if not pages:
        raise SelectionError(
            f"rule {name!r}: there is none, expected an id, its beginning or a name",
            hint=meant(name, names_of_rules(), RULES_LISTED),
        )
    return pages
