"""What a linter of prompts says: a finding, the rule it comes from, the edit that cures it."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.choices import IssueSeverity
from optimizer.models.dataclass import dataclass


class FixSafety(StrEnum):
    """What the fix of a rule may change."""

    SAFE = "safe"
    """Nothing that a model is known to read as meaning: `--fix` does it."""

    UNSAFE = "unsafe"
    """How a model answers: only `--unsafe-fixes` does it, and only tests tell whether it helps."""

    NONE = "none"
    """There is none: a person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A stretch of a text and what is to stand there instead.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last one.
        text: What is to stand there.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One thing that a rule found in one prompt.

    Attributes:
        rule_id: Of the rule: `P001`.
        severity: How bad it is.
        message: What was found, in a sentence.
        start: Offset in the prompt of the first character concerned; None: the prompt as a whole.
        end: Offset behind the last one; None likewise.
        suggestion: What to do, in a sentence, or None.
        edits: The fix, in order and without overlaps; () where there is none.
    """

    rule_id: str
    severity: IssueSeverity
    message: str
    start: int | None = None
    end: int | None = None
    suggestion: str | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRulePage:
    """What a rule is, for a reader.

    Attributes:
        rule_id: `P001`; never given to another rule.
        name: In words with dashes: `lost-variable`.
        severity: Of its findings, unless the settings say otherwise.
        what: What it finds.
        why: What goes wrong otherwise.
        bad: A prompt that it finds something in.
        good: The same, cured.
        fix: What its fix may change.
        evidence: What is known of its effect, with the source, or that nothing is.
    """

    rule_id: str
    name: str
    severity: IssueSeverity
    what: str
    why: str
    bad: str
    good: str
    fix: FixSafety
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEdit:
    """A stretch of a file and what is to stand there instead.

    Attributes:
        line: Line of its first character, counted from 1.
        column: That character, counted from 1.
        end_line: Line that it ends in.
        end_column: Column behind its last character.
        text: What is to stand there.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFinding:
    """A finding and where it stands in a file.

    Attributes:
        path: The file.
        prompt_id: The prompt in it.
        finding: The finding.
        line: Line of the file, counted from 1.
        column: Character of that line, counted from 1.
        end_line: Line of the last character concerned.
        end_column: Column behind it.
        fingerprint: Hash of the rule, the prompt and the lines concerned; it stays where lines
            move.
        fix: The edits of the finding in the file; () where there are none, or where the file
            writes the prompt otherwise than it reads, as JSON does.
    """

    path: str
    prompt_id: str
    finding: LintFinding
    line: int
    column: int
    end_line: int
    end_column: int
    fingerprint: str = ""
    fix: tuple[PlacedEdit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What was found in some files.

    Attributes:
        findings: In the order of files, lines and columns.
        rules: Pages of the rules that found something, by id.
        n_files: Files that were read.
        n_prompts: Prompts in them.
        n_ignored: Findings that a comment in the file ignores.
        n_known: Findings that the baseline file lists.
        n_fixed: Findings that were fixed.
        unreadable: Files that could not be read, with the reason.
        skipped: Prompts that could not be read, with the reason.
    """

    findings: tuple[PlacedFinding, ...]
    rules: tuple[LintRulePage, ...]
    n_files: int
    n_prompts: int
    n_ignored: int = 0
    n_known: int = 0
    n_fixed: int = 0
    unreadable: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptScores:
    """The published scores of a prompt, 0 to 100: of the surface of its text.

    Attributes:
        prompt_id: The prompt.
        overall: 0.6 clarity + 0.4 efficiency.
        clarity: Of its structure, its words and its sentences.
        efficiency: Of its length and its density.
        explanation: The sum behind each of their parts, in words.
    """

    prompt_id: str
    overall: float
    clarity: float
    efficiency: float
    explanation: tuple[str, ...]
