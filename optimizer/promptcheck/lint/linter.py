"""Hold a prompt against the rules, and edit it as they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from optimizer.models.contract import IssueSeverity
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.models.lint_settings import LintSettings
from optimizer.models.linting import Edit, FixSafety, LintFinding
from optimizer.models.nearest import meant
from optimizer.promptcheck.edits.editing import places_in, usual_line_end
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.rules import RULES
from optimizer.promptcheck.reading import read

MAX_ROUNDS = 10  # of fixing; a fix may lay bare what another rule finds


def chosen_rules(settings: LintSettings, *, path: str = "") -> tuple[LintRule, ...]:
    """Return the rules that a file is held against.

    Raises:
        ConfigError: No rule is called so.
    """
    ignored = list(settings.ignore)
    for pattern, names in settings.per_file_ignores.items():
        ignored += _checked(names, "per_file_ignores") if fnmatchcase(path, pattern) else ()
    selected = _checked(settings.select, "select")
    _checked(settings.ignore, "ignore")
    _checked(settings.severity, "severity")
    return tuple(
        rule
        for rule in RULES
        if (not selected or _is_named(rule, selected)) and not _is_named(rule, ignored)
    )


def lint(
    text: str,
    *,
    declared: Sequence[str] | None = None,
    settings: LintSettings | None = None,
    rules: Sequence[LintRule] = RULES,
) -> tuple[LintFinding, ...]:
    """Return what the rules find in a prompt, in the order of the text.

    Offsets count in the text as it is given, whatever its line ends. What is found in the
    prompt as a whole comes first. A blank prompt has no findings.
    """
    settings = settings or LintSettings()
    reading = read(text)
    if not reading.text.strip():
        return ()
    subject = Subject(
        raw=text,
        reading=reading,
        declared=None if declared is None else tuple(declared),
        settings=settings,
    )
    place, line_end = places_in(text), usual_line_end(text)
    severities = _severities(settings)
    findings = [
        _finding(rule, found, severities.get(rule.rule_id, rule.page.severity), place, line_end)
        for rule in rules
        for found in rule.check(subject)
    ]
    return tuple(sorted(findings, key=lambda f: (-1 if f.start is None else f.start, f.rule_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A text after fixing.

    Attributes:
        text: The text.
        n: Findings whose fix was done.
        findings: What is found in it now.
    """

    text: str
    n: int
    findings: tuple[LintFinding, ...]


def fix(
    text: str,
    again: Callable[[str], tuple[LintFinding, ...]],
    *,
    unsafe: bool = False,
) -> Fixed:
    """Return a text with the fixes of what is found in it, until nothing more can be fixed.

    Args:
        text: The prompt.
        again: Lints a text; findings that it leaves out are not fixed.
        unsafe: Whether to do fixes that may change the answers, too.
    """
    allowed = (FixSafety.SAFE, FixSafety.UNSAFE) if unsafe else (FixSafety.SAFE,)
    fixable = {rule.rule_id for rule in RULES if rule.page.fix in allowed}
    findings, n = again(text), 0
    for _ in range(MAX_ROUNDS):
        fixes = _apart([f.edits for f in findings if f.edits and f.rule_id in fixable])
        edited = apply(text, [edit for edits in fixes for edit in edits])
        if edited == text or not edited.strip():
            break
        text, n = edited, n + len(fixes)
        findings = again(text)
    return Fixed(text=text, n=n, findings=findings)


def apply(text: str, edits: Collection[Edit]) -> str:
    """Return a text with edits done that do not overlap."""
    pieces, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


def _apart(fixes: Sequence[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """Return the fixes, from the first on, that do not touch one another."""
    kept: list[tuple[Edit, ...]] = []
    for edits in sorted(fixes, key=lambda edits: edits[0].start):
        if not any(
            one.start <= other.end and other.start <= one.end
            for one in edits
            for fix_ in kept
            for other in fix_
        ):
            kept.append(edits)
    return kept


def _finding(
    rule: LintRule,
    found: Found,
    severity: IssueSeverity,
    place: Callable[[int], int],
    line_end: str,
) -> LintFinding:
    finding = LintFinding(
        rule_id=rule.rule_id,
        severity=severity,
        message=found.message,
        start=found.start,
        end=None if found.start is None else found.end or found.start + 1,
        suggestion=found.suggestion,
        edits=found.edits,
    )
    if rule.counts_in_raw or finding.start is None or finding.end is None:
        return finding
    return replace(
        finding,
        start=place(finding.start),
        end=place(finding.end),
        edits=tuple(
            Edit(
                start=place(edit.start),
                end=place(edit.end),
                text=edit.text.replace("\n", line_end),
            )
            for edit in finding.edits
        ),
    )


def _severities(settings: LintSettings) -> dict[str, IssueSeverity]:
    return {
        rule.rule_id: severity
        for name, severity in settings.severity.items()
        for rule in RULES
        if _is_named(rule, (name,))
    }


def _is_named(rule: LintRule, names: Collection[str]) -> bool:
    return any(rule.rule_id.startswith(name.upper()) or rule.page.name == name for name in names)


def _checked(names: Collection[str], key: str) -> Collection[str]:
    for name in names:
        if not any(_is_named(rule, (name,)) for rule in RULES):
            raise ConfigError(
                f"lint.{key}: {name!r}, expected a rule's id, its beginning or its name",
                hint=meant(name, names_of_rules(), RULES_LISTED),
            )
    return names


RULES_LISTED = "'optimizer lint --rule all' lists the rules."


def names_of_rules() -> Iterator[str]:
    """Yield what rules are called: their ids, then their names."""
    yield from (rule.rule_id for rule in RULES)
    yield from (rule.page.name for rule in RULES)


def named(name: str) -> Iterator[LintRule]:
    """Yield the rules that an id, the beginning of one, a name or `all` stands for."""
    return (rule for rule in RULES if name == "all" or _is_named(rule, (name,)))
