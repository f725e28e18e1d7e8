"""A senseless prompt, to see whether the tests take notice of the prompt at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.templates import SpanKind

NONCE_CHARS = 12
KEPT = frozenset(
    {SpanKind.EXPRESSION, SpanKind.STATEMENT, SpanKind.DIFY, SpanKind.DOLLAR, SpanKind.BRACE}
)
"""What must be in a prompt for it to be filled in."""


class PromptUse(StrEnum):
    """Whether the tests take notice of the prompt."""

    USED = "used"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What a senseless prompt showed.

    Attributes:
        use: Whether the tests take notice of the prompt.
        reason: What that is read from, in a sentence.
        n: Cases that could be compared.
    """

    use: PromptUse
    reason: str
    n: int


def canary_prompt(prompt: str, *, seed: int) -> str:
    """Return a prompt that asks for something else, with the variables of another one."""
    nonce = text_sha256(f"{seed}:{prompt}")[:NONCE_CHARS]
    variables = [span.text for span in read(prompt).spans if span.kind in KEPT]
    asked = f"Ignore what follows. Answer with the word {nonce} and with nothing else."
    return "\n".join([asked, *variables]) + "\n"


def judged(
    control: Mapping[str, CaseResult],
    again: Mapping[str, CaseResult],
    canary: Sequence[CaseResult],
) -> Canary:
    """Tell whether a senseless prompt changed anything.

    A change counts only on cases that gave the same when they were run twice with one prompt:
    one that gives something else each time says nothing.

    Args:
        control: Results with the prompt, by case id.
        again: Results of running the same once more, for those that were.
        canary: Results with the senseless prompt.
    """
    pairs = tuple(
        _Pair(first=control[one.case_id], senseless=one)
        for one in canary
        if one.case_id in control
        and not one.infrastructure
        and not control[one.case_id].infrastructure
    )
    if not pairs:
        return Canary(use=PromptUse.UNKNOWN, reason="no case could be compared", n=0)
    steady = [pair for pair in pairs if _same(pair.first, again, "passed")]
    spoken = [pair for pair in pairs if pair.has_outputs]
    repeatable = [pair for pair in spoken if _same(pair.first, again, "outputs")]
    if any(pair.first.passed != pair.senseless.passed for pair in steady):
        use, reason = PromptUse.USED, "a senseless prompt changed outcomes"
    elif any(pair.first.outputs != pair.senseless.outputs for pair in repeatable):
        use, reason = PromptUse.USED, "a senseless prompt changed outputs"
    elif repeatable and _tell(control.values()):
        use = PromptUse.IGNORED
        reason = f"a senseless prompt gave the same outputs in {len(repeatable)} cases"
    elif len(repeatable) < len(spoken) or len(steady) < len(pairs):
        use, reason = PromptUse.UNKNOWN, "the same prompt gives something else each time"
    elif any(pair.first.passed for pair in steady):
        use = PromptUse.IGNORED
        reason = f"with a senseless prompt {len(pairs)} cases passed and failed as before"
    else:
        use = PromptUse.UNKNOWN
        reason = "none of the cases passed before, and their outputs tell nothing"
    return Canary(use=use, reason=reason, n=len(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A case with the prompt and with the senseless one."""

    first: CaseResult
    senseless: CaseResult

    @property
    def has_outputs(self) -> bool:
        return None not in (self.first.outputs, self.senseless.outputs)


def _same(first: CaseResult, again: Mapping[str, CaseResult], field: str) -> bool:
    """Tell whether a case gave the same again, as far as it was run again."""
    other = again.get(first.case_id, first)
    return other.infrastructure or getattr(other, field) == getattr(first, field)


def _tell(results: Iterable[CaseResult]) -> bool:
    """Tell whether outputs differ between cases: one text for all of them says nothing."""
    return len({one.outputs for one in results if not one.infrastructure} - {None}) > 1
