"""What the linter's rules are, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.linting import FixSafety, LintRulePage
from reports.document import Block, Code, Document, Facts, Prose, Section, Table, Verdict, left
from reports.formatting import plural
from reports.tones import Tone

FIXES: Mapping[FixSafety, str] = {
    FixSafety.SAFE: "safe: --fix does it",
    FixSafety.UNSAFE: "may change the answers: only --unsafe-fixes does it",
    FixSafety.NONE: "none",
}
HINT = "Run 'optimizer lint --rule ID' to see why, with an example."
LONGEST_EXAMPLE = 600
"""Characters of an example that are shown."""


def lint_rules(pages: Sequence[LintRulePage]) -> Document:
    """Lay out the page of one rule, or a list of several."""
    if not pages:
        return Document("Rules", Verdict(Tone.NEUTRAL, "There are no rules."), ())
    if len(pages) > 1:
        verdict = Verdict(Tone.NEUTRAL, f"{plural(len(pages), 'rule')} for prompts.")
        return Document("Rules", verdict, (_list(pages),), (HINT,))
    [page] = pages
    verdict = Verdict(Tone.NEUTRAL, f"{page.rule_id} {page.name}: {page.what}")
    return Document(f"{page.rule_id} {page.name}", verdict, _told(page))


def _told(page: LintRulePage) -> tuple[Block, ...]:
    return (
        Facts((("severity", page.severity.value), ("fix", FIXES[page.fix]))),
        Section("Why", (Prose(page.why),)),
        Section("Found in", (Code(_shortened(page.bad)),)),
        Section("Not found in", (Code(_shortened(page.good)),)),
        Section("Evidence", (Prose(page.evidence),)),
    )


def _shortened(example: str) -> str:
    if len(example) <= LONGEST_EXAMPLE:
        return example
    return f"{example[:LONGEST_EXAMPLE].rpartition(chr(10))[0]}\n… {len(example)} characters in all"


def _list(pages: Sequence[LintRulePage]) -> Table:
    return Table(
        columns=(left("rule"), left("name"), left("severity"), left("fix"), left("finds")),
        rows=tuple(
            (page.rule_id, page.name, page.severity.value, page.fix.value, page.what)
            for page in pages
        ),
    )
