"""Findings of the linter in their file: line and column, and whether a comment ignores them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from optimizer.models.lint_settings import LintSettings
from optimizer.models.linting import Edit, LintFinding, PlacedEdit, PlacedFinding
from optimizer.models.sites import PromptFormat, PromptSite
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.baseline import fingerprint
from optimizer.promptcheck.lint.ignoring import Ignored
from optimizer.promptcheck.lint.linter import lint

WHOLE_FILES = frozenset({PromptFormat.TEXT, PromptFormat.JINJA})
"""Formats whose prompt is the file as it stands, byte order mark and line ends included."""

_LINE_END = re.compile(r"\r\n?|\n")


class Place:
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


def placed_findings(
    place: Place, rules: Sequence[LintRule], settings: LintSettings, comments: Ignored
) -> Iterator[tuple[PlacedFinding, bool]]:
    """Yield what is found in a prompt with its place, and whether a comment ignores it."""
    site = place.site
    declared = declared_by(site, settings)
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


def declared_by(site: PromptSite, settings: LintSettings) -> tuple[str, ...] | None:
    """Return the variables that a prompt is declared to use: by the settings, else by its file."""
    return settings.declared.get(site.prompt_id, site.declared)
