"""Findings of the linter as lines: path, line, column, rule, what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintReport, PlacedFinding
from reports.formatting import plural
from reports.text import line

COLORS: Mapping[IssueSeverity, str] = {
    IssueSeverity.CRITICAL: "31",
    IssueSeverity.WARNING: "33",
    IssueSeverity.INFO: "36",
}
BOLD = "1"
SIGNS: Mapping[FixSafety, str] = {FixSafety.SAFE: " [*]", FixSafety.UNSAFE: " [unsafe fix]"}


def lint_lines(report: LintReport, *, color: bool) -> str:
    """Render what the linter found, a finding to a line, and how much that is."""
    lines = [_line(placed, report, color=color) for placed in report.findings]
    return "".join(f"{text}\n" for text in (*lines, *_summary(report)))


def lint_summary(report: LintReport) -> str:
    """Return how much the linter found, in a sentence."""
    return next(_summary(report))


def _line(placed: PlacedFinding, report: LintReport, *, color: bool) -> str:
    finding = placed.finding
    fixes = {page.rule_id: page.fix for page in report.rules}
    place = f"{line(placed.path)}:{placed.line}:{placed.column}:"
    sign = SIGNS.get(fixes[finding.rule_id], "") if finding.edits else ""
    pointer = placed.prompt_id.partition("#")[2]
    where = f" ({line(pointer)})" if pointer else ""
    what = f"{finding.rule_id} {finding.severity}"
    if color:
        place, what = _colored(place, BOLD), _colored(what, COLORS[finding.severity])
    return f"{place} {what}: {line(finding.message)}{sign}{where}"


def _colored(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _summary(report: LintReport) -> Iterator[str]:
    looked_at = f"{plural(report.n_prompts, 'prompt')} in {plural(report.n_files, 'file')}"
    counts = Counter(placed.finding.severity for placed in report.findings)
    if counts:
        kinds = ", ".join(_counted(counts[kind], kind) for kind in IssueSeverity if counts[kind])
        yield f"Found {plural(len(report.findings), 'problem')} ({kinds}) in {looked_at}."
    elif report.n_prompts:
        yield f"No problems in {looked_at}."
    else:
        yield f"No prompt in {plural(report.n_files, 'file')}."
    if report.n_fixed:
        yield f"Fixed {plural(report.n_fixed, 'problem')}."
    if n := sum(bool(placed.finding.edits) for placed in report.findings):
        safe = {page.rule_id for page in report.rules if page.fix is FixSafety.SAFE}
        n_safe = sum(
            bool(placed.finding.edits) and placed.finding.rule_id in safe
            for placed in report.findings
        )
        if n_safe:
            yield f"[*] {n_safe} fixable with --fix."
        if n > n_safe:
            yield f"{n - n_safe} more with --unsafe-fixes, which may change the answers."
    if report.n_ignored or report.n_known:
        yield f"Not shown: {report.n_ignored} ignored by comments, {report.n_known} known before."


def _counted(n: int, kind: IssueSeverity) -> str:
    return plural(n, kind) if kind is IssueSeverity.WARNING else f"{n} {kind}"
