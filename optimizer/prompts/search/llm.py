"""Drafts by a language model that is shown what failed.

Asks: the prompt with its variables masked, some failing cases of a cluster, some passing ones,
and what was refused before; for a diagnosis and small edits of numbered sections.

Proposes: one draft, put together here, with every mask put back exactly.

Stays silent when an answer cannot be read, names what is not there, or changes nothing; after
several such answers in a row it gives up, and so it does when the service stays away.

Does not test: whether a draft is any good is for the search to find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from optimizer.models.completions import Complete
from optimizer.models.contract import OptimizationStrategy
from optimizer.models.optimization import Draft
from optimizer.promptcheck.reading import BYTE_ORDER_MARK
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.ports import Ask, ProposerError
from optimizer.prompts.search.briefing import AIMS, Briefing, briefing
from optimizer.prompts.search.edits import apply, rewritten, sections
from optimizer.prompts.search.masks import Masked, mask, unmask
from optimizer.prompts.search.replies import Reply, read_reply
from optimizer.prompts.search.useless import Useless

NO_DIAGNOSIS: Final = "edits without a diagnosis"


class LlmProposer:
    """Proposes what a language model makes of the failures."""

    def __init__(
        self,
        complete: Complete,
        settings: LlmSettings,
        *,
        strategy: OptimizationStrategy = OptimizationStrategy.LLM_GUIDED,
        max_tokens: int,
        patterns: Sequence[str] = (),
    ) -> None:
        self._complete = complete
        self._settings = settings
        self._strategy = strategy if strategy in AIMS else OptimizationStrategy.LLM_GUIDED
        self._max_tokens = max_tokens
        self._patterns = tuple(patterns)
        self._in_a_row = 0
        self.silences: list[str] = []

    @property
    def name(self) -> str:
        """What it is called in a version's history: the strategy."""
        return self._strategy.value

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return one draft, or none where the answer is of no use; `silences` says why.

        Raises:
            ProposerError: Too many answers in a row were of no use, or nobody answers.
        """
        try:
            draft = self._draft(ask)
        except Useless as useless:
            self._count(str(useless))
            return ()
        self._in_a_row = 0
        return (draft,)

    def _count(self, reason: str) -> None:
        self.silences.append(reason)
        self._in_a_row += 1
        if self._in_a_row >= self._settings.max_failures:
            raise ProposerError(
                f"model: {self._in_a_row} answers in a row were of no use; the last: {reason}",
                hint="Ask a larger model, or use a strategy without one.",
            )

    def _draft(self, ask: Ask) -> Draft:
        text = ask.prompt.removeprefix(BYTE_ORDER_MARK)
        masked = mask(text, patterns=self._patterns)
        parts = sections(masked.text)
        rewrite = self._may_rewrite(ask)
        brief = self._briefing(ask, masked, parts, rewrite=rewrite)
        answer = self._complete(brief.messages, ask.seed)
        if answer.fault is not None:
            raise Useless(answer.fault)
        reply = read_reply(answer.text, brief.nonce)
        made = unmask(_made(reply, parts, rewrite=rewrite), masked)
        if brief.nonce in made:
            raise Useless("the draft carries marks of the question")
        if made == text:
            raise Useless("the draft is the prompt as it was")
        return Draft(
            text=ask.prompt[: len(ask.prompt) - len(text)] + made,
            proposer=self.name,
            why=reply.diagnosis or NO_DIAGNOSIS,
        )

    def _may_rewrite(self, ask: Ask) -> bool:
        """Tell whether small edits have stalled, and whether the strategy may do more."""
        if self._strategy is not OptimizationStrategy.LLM_GUIDED:
            return False
        last = ask.refused[-self._settings.stalled_after :]
        return len(last) >= self._settings.stalled_after and all(
            refusal.draft.proposer == self.name for refusal in last
        )

    def _briefing(
        self, ask: Ask, masked: Masked, parts: Sequence[str], *, rewrite: bool
    ) -> Briefing:
        return briefing(
            ask,
            parts,
            settings=self._settings,
            strategy=self._strategy,
            rewrite=rewrite,
            names=masked.names,
            max_tokens=self._max_tokens,
            patterns=self._patterns,
        )


def _made(reply: Reply, parts: Sequence[str], *, rewrite: bool) -> str:
    """Return the masked text that a reply makes of the sections."""
    if reply.prompt is None:
        return apply(parts, reply.edits)
    if not rewrite:
        raise Useless("the answer is a whole prompt, edits were asked for")
    if not reply.prompt.strip():
        raise Useless("the answer empties the prompt")
    return rewritten(reply.prompt, parts)
