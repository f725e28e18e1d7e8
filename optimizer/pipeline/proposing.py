"""Who proposes under which strategy, and what is proposed where nobody can test it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from optimizer.models.contract import OptimizationStrategy
from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Draft, Refusal
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.transforms import TRANSFORMS
from optimizer.promptcheck.transforms.base import TransformKind
from optimizer.promptcheck.transforms.rewriting import WITHOUT_MODEL, rewrite
from optimizer.prompts.ports import Ask, Guard, Proposer, ProposerError
from optimizer.prompts.search.examples import with_examples, with_filled_prompts
from optimizer.prompts.search.few_shot import FewShotProposer
from optimizer.prompts.search.rules import RuleProposer
from optimizer.prompts.search.settings import FewShotSettings, Objective

FEW_SHOT = "few_shot"
"""A strategy that only `auto` chooses: examples, and what the rules make of the structure."""

EFFICIENCY = (OptimizationStrategy.EFFICIENCY_FOCUS, OptimizationStrategy.LLM_EFFICIENCY)
BY_MODEL = (
    OptimizationStrategy.LLM_GUIDED,
    OptimizationStrategy.LLM_CLARITY,
    OptimizationStrategy.LLM_EFFICIENCY,
    OptimizationStrategy.HYBRID,
)

Model = Callable[[OptimizationStrategy], Proposer]
"""Makes the proposer that asks a language model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Who proposes, and what makes one prompt better than another."""

    proposers: tuple[Proposer, ...]
    objective: Objective


def panel_of(
    strategy: str,
    model: Model | None,
    *,
    refused: list[Refusal],
    transforms: TransformSettings,
    few_shot: FewShotSettings,
) -> Panel:
    """Return who proposes under a strategy.

    Args:
        strategy: One of the published ones but `auto`, or `few_shot`.
        model: Makes the proposer that asks a language model; None: there is none.
        refused: Kept up to what the search has turned down, for guards to look at.
        transforms: How the rules rewrite.
        few_shot: Which examples are shown.
    """
    examples = (
        FewShotProposer(with_examples, few_shot),
        FewShotProposer(with_filled_prompts, few_shot, name="few_shot_filled"),
    )
    if strategy == FEW_SHOT:
        rules = RuleProposer(OptimizationStrategy.STRUCTURE_FOCUS, settings=transforms)
        return _panel((*examples, rules), refused, Objective.PASS_RATE)
    asked = OptimizationStrategy(strategy)
    rules = RuleProposer(WITHOUT_MODEL.get(asked, asked), settings=transforms)
    by_model = (model(asked),) if model is not None and asked in BY_MODEL else ()
    if asked in EFFICIENCY:
        return _panel((*by_model, rules), refused, Objective.TOKENS)
    if by_model and asked is not OptimizationStrategy.HYBRID:
        return _panel((*by_model, *examples), refused, Objective.PASS_RATE)
    return _panel((rules, *by_model, *examples), refused, Objective.PASS_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """Drafts that nobody has tested.

    Attributes:
        drafts: Them.
        questions: What a person should settle before a rewrite.
        problems: Why there are no more.
    """

    drafts: tuple[Draft, ...]
    questions: tuple[str, ...]
    problems: tuple[str, ...]


def drafts_of(
    text: str,
    strategy: OptimizationStrategy,
    model: Model | None,
    guard: Guard,
    *,
    own: Sequence[Draft] = (),
    transforms: TransformSettings,
    seed: int,
) -> Drafted:
    """Return drafts that nobody has tested, and what a person should answer first.

    Those of the user's own, at most one by rule, and one of a language model.

    Raises:
        ProposerError: The model cannot be asked, and there is no other draft.
    """
    made = rewrite(text, strategy, settings=transforms)
    drafts = list(own)
    problems: list[str] = []
    if made.text != text:
        rules = ", ".join(made.rules)
        why = f"rewrites the prompt by {strategy.value} ({rules})"
        drafts.append(Draft(text=made.text, proposer="rules", why=why, rules=made.rules))
    if model is not None:
        ask = Ask(prompt=text, cluster=None, failing=(), passing=(), refused=(), seed=seed)
        try:
            drafts += model(strategy).propose(ask)
        except ProposerError as error:
            if not drafts:
                raise
            problems.append(f"the model could not be asked: {error}")
    objections = [(draft, guard(draft, text)) for draft in drafts]
    problems += [
        f"a draft of {one.proposer} was turned down: {why}" for one, why in objections if why
    ]
    return Drafted(
        drafts=tuple(draft for draft, why in objections if why is None),
        questions=made.questions,
        problems=tuple(problems),
    )


def is_cosmetic(draft: Draft | None) -> bool:
    """Say whether only transforms made a draft that leave the meaning alone."""
    kinds = {kind.page.transform_id: kind.page.kind for kind in TRANSFORMS}
    rules = draft.rules if draft is not None else ()
    return bool(rules) and all(kinds.get(rule) is TransformKind.S0 for rule in rules)


def _panel(proposers: Sequence[Proposer], refused: list[Refusal], objective: Objective) -> Panel:
    return Panel(
        proposers=tuple(_Overheard(one, refused) for one in proposers), objective=objective
    )


class _Overheard:
    """A proposer whose asks say what was turned down before."""

    def __init__(self, proposer: Proposer, refused: list[Refusal]) -> None:
        self._proposer = proposer
        self._refused = refused

    @property
    def name(self) -> str:
        """Return what it is called in a version's history."""
        return self._proposer.name

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return drafts, as the proposer does."""
        self._refused[:] = ask.refused
        return self._proposer.propose(ask)
