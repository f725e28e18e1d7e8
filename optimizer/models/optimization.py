"""What an optimization works with: cases, what became of them, drafts, candidates, the split."""

from __future__ import annotations

import json
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import text_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case as the user's file has it.

    Attributes:
        case_id: Stable name; unique in its file.
        body: The whole object as canonical JSON, handed to the user's command as it is.
        scenario: normal, boundary, error or custom; cases are split within each.
    """

    case_id: str
    body: str
    scenario: str = "normal"

    @property
    def sha256(self) -> str:
        """Hash of the name and the content: a changed case is another case."""
        return text_sha256(f"{len(self.case_id)}:{self.case_id}{self.body}")

    @property
    def fields(self) -> dict[str, Any]:
        """What it holds by name; nothing where it is no object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def family(self) -> str:
        """The family that it belongs to by its own word; "" where it names none."""
        named = self.fields.get("family")
        return "" if named is None else str(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case executed once with one prompt.

    Attributes:
        case_id: The case.
        replicate: Which repetition, counted from 0.
        status: One of the task states: succeeded, failed, timeout, error or cancelled.
        infrastructure: Whether something other than the prompt failed (time limit, refused or
            broken service, the executor itself): such a result says nothing of the prompt, is
            not scored and is not kept for later.
        score: 0 to 1 where graded on a scale, or None.
        error_message: What the executor said, or None.
        failure_kind: timeout, api, validation, llm or unclassified; None where it passed.
        outputs: What came out, as JSON text, or None where not kept.
        latency_ms: Wall time of the call, or None where unknown.
        tokens: All tokens of the call, or None.
        cost_usd: Price of the call; None where unknown, never 0 for unknown.
    """

    case_id: str
    replicate: int
    status: str
    infrastructure: bool = False
    score: float | None = None
    error_message: str | None = None
    failure_kind: str | None = None
    outputs: str | None = None
    latency_ms: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the case passed."""
        return self.status == "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which cases are for what; no case is in two of them.

    Attributes:
        train: Seen by proposers: their failures, outputs and texts.
        validation: Scores candidates; seen by nobody.
        holdout: Confirms one champion; seen by neither search nor proposers.
        reason: How the sizes came about, or why there are too few cases, in a sentence.
    """

    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    holdout: tuple[Case, ...]
    reason: str

    @property
    def is_enough(self) -> bool:
        """Whether there are cases for every part; if not, nothing but drafts can be had."""
        return bool(self.train and self.validation and self.holdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A train case with what became of it, as a proposer sees it."""

    case: Case
    result: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCluster:
    """Failures that say the same once numbers, names and quotes are stripped.

    Attributes:
        signature: What they have in common.
        failures: The train cases that failed so, in the order of the file.
    """

    signature: str
    failures: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What went wrong in some tests.

    Attributes:
        n: Tests that say something of the prompt.
        n_passed: Those that passed.
        clusters: The failures, the most frequent kind first.
        infrastructure: What failed for reasons other than the prompt, likewise; not in n.
    """

    n: int
    n_passed: int
    clusters: tuple[FailureCluster, ...]
    infrastructure: tuple[FailureCluster, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A prompt text that somebody proposes.

    Attributes:
        text: The whole prompt.
        proposer: Who: the name of the proposer.
        why: What it does and for what, in a sentence.
        rules: Ids of the transforms that made it.
        source_case_ids: Cases whose content is in it (few-shot examples): later tests leave
            them out.
    """

    text: str
    proposer: str
    why: str
    rules: tuple[str, ...] = ()
    source_case_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A draft that was not tested, or tested and not kept, and why.

    Attributes:
        draft: The draft.
        reason: Why it was refused.
    """

    draft: Draft
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prompt that was tested on the validation cases.

    Attributes:
        text: The prompt.
        draft: How it came about; None for the prompt that the search began with.
        parent_sha256: The prompt it was made of, or None likewise.
        n: Validation results that say something of the prompt.
        n_passed: Those that passed.
    """

    text: str
    draft: Draft | None
    parent_sha256: str | None
    n: int
    n_passed: int

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return text_sha256(self.text)

    @property
    def pass_rate(self) -> float:
        """Share that passed, 0 to 1; of a search, so better than what it will be elsewhere."""
        return self.n_passed / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search found.

    Attributes:
        candidates: All that were tested, the best first; the one it began with among them.
        refused: Drafts that were not tested or not kept.
        n_rounds: How often something was proposed.
        stopped: Why it ended, in a sentence.
        is_cut_short: Whether somebody who proposes could not go on, so that there may be more to
            find another time.
    """

    candidates: tuple[Candidate, ...]
    refused: tuple[Refusal, ...]
    n_rounds: int
    stopped: str
    is_cut_short: bool = False

    @property
    def champion(self) -> Candidate:
        """The best on the validation cases."""
        return self.candidates[0]
