"""What a draft must keep to be worth a test: refused otherwise, never repaired.

Each guard compares a draft with the prompt in use, so that nothing is lost little by little over
several drafts, and answers with the reason it refuses for, or None.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from optimizer.models.optimization import Case, Draft, Refusal
from optimizer.promptcheck.language import SHORT_TEXT_WORDS, LanguageName
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.tokens import whole_tokens
from optimizer.prompts.ports import Guard
from optimizer.prompts.search.leaks import Leaks
from optimizer.prompts.search.likeness import likeness
from optimizer.prompts.search.looking import Looked, Looking
from optimizer.prompts.search.template_guards import (
    keeps_literals,
    keeps_roles,
    keeps_variables,
    stays_a_template,
)
from optimizer.prompts.settings import OptimizeSettings

PROSE_WORDS = 6
"""Shorter sentences may be labels, in which no language shows."""

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Categories of characters that nobody sees."""

HARMLESS = "\n\t"


def guards(
    original: str,
    *,
    settings: OptimizeSettings,
    train: Sequence[Case] = (),
    refused: Sequence[Refusal] = (),
) -> Guard:
    """Return what says why a draft may not be tested.

    Args:
        original: The prompt in use, with which the search began.
        settings: How much a draft may change.
        train: Cases whose values may not be in a draft.
        refused: Drafts that were turned down; looked at anew for each draft, so it may grow.
    """
    in_use = Looked(text=original)
    leaks = Leaks(train, n_words=settings.leak_words)

    def guard(draft: Draft, parent: str) -> str | None:
        looking = Looking(
            original=in_use,
            parent=parent,
            new=Looked(text=draft.text),
            draft=draft,
            settings=settings,
            leaks=leaks,
            refused=refused,
        )
        reasons = (one(looking) for one in GUARDS)
        return next((reason for reason in reasons if reason is not None), None)

    return guard


def is_not_empty(looking: Looking) -> str | None:
    """Refuse a draft without text."""
    return None if looking.draft.text.strip() else "the draft is empty"


def changes_something(looking: Looking) -> str | None:
    """Refuse the prompt in use and the one the draft was made of."""
    same = looking.draft.text in (looking.parent, looking.original.text)
    return "the draft changes nothing" if same else None


def keeps_language(looking: Looking) -> str | None:
    """Refuse a draft in another language or with letters of a script the prompt has not."""
    before, after = looking.original.reading.language, looking.new.reading.language
    if LanguageName.NONE not in (before.name, after.name) and before.name is not after.name:
        return f"the draft reads as {after.name}, the prompt as {before.name}: another language"
    if before.is_english and _adds_other_prose(looking):
        return "what the draft adds is in another language than the prompt"
    n_letters = looking.new.scripts.total()
    for script, n in sorted(looking.new.scripts.items()):
        share = n / n_letters
        if not looking.original.scripts[script] and share > looking.settings.max_foreign_share:
            return f"{n} of {n_letters} letters of the draft are {script}, none of the prompt"
    return None


def keeps_contract(looking: Looking) -> str | None:
    """Refuse a draft that demands another form of the answer."""
    before, after = looking.original.demands, looking.new.demands
    for format_, wanted in sorted(before - after):
        return f"the draft no longer {_demand(wanted)} {format_} as the form of the answer"
    if before:
        for format_, wanted in sorted(after - before):
            return f"the draft {_demand(wanted)} {format_}, another form of the answer"
    return None


def stays_short(looking: Looking) -> str | None:
    """Refuse a draft that is much longer than the prompt in use."""
    limit = longest(looking.original.text, looking.settings)
    n_tokens = whole_tokens(looking.draft.text)
    if n_tokens <= limit:
        return None
    return f"the draft has about {n_tokens} tokens, at most {limit} are allowed"


def adds_nothing_invisible(looking: Looking) -> str | None:
    """Refuse a draft with control or direction characters that the prompt does not have."""
    known = set(looking.original.text) | set(HARMLESS)
    for sign in looking.draft.text:
        if sign not in known and unicodedata.category(sign) in INVISIBLE:
            return f"the draft holds the invisible character U+{ord(sign):04X}"
    return None


def copies_no_case(looking: Looking) -> str | None:
    """Refuse a draft that holds values of the train cases, but for examples declared as such."""
    return looking.leaks.found(
        looking.draft.text,
        known=(looking.original.text, looking.parent),
        exempt=looking.draft.source_case_ids,
    )


def repeats_no_refused(looking: Looking) -> str | None:
    """Refuse a draft that was turned down, or that changes about the same in its own words.

    Of rules and of examples the very order may matter, so only the same text repeats them.
    """
    draft = looking.draft
    in_own_words = not (draft.rules or draft.source_case_ids)
    for refusal in reversed(looking.refused):
        is_alike = draft.text == refusal.draft.text or (
            in_own_words
            and likeness(draft.text, refusal.draft.text, looking.original.text)
            >= looking.settings.max_similarity
        )
        if is_alike:
            return f"the draft repeats one that was turned down: {refusal.reason}"
    return None


GUARDS: tuple[Callable[[Looking], str | None], ...] = (
    is_not_empty,
    changes_something,
    keeps_variables,
    keeps_roles,
    keeps_literals,
    keeps_language,
    keeps_contract,
    stays_short,
    stays_a_template,
    adds_nothing_invisible,
    copies_no_case,
    repeats_no_refused,
)
"""In the order in which they are asked; the first that refuses has the word."""


def longest(original: str, settings: OptimizeSettings) -> int:
    """Return how many tokens a draft may have."""
    n_tokens = whole_tokens(original)
    return max(int(n_tokens * settings.max_growth), n_tokens + settings.max_growth_tokens)


def _adds_other_prose(looking: Looking) -> bool:
    """Tell whether the sentences that the prompt in use does not have read as another language."""
    known = frozenset(looking.original.reading.text.splitlines())
    lines = [line for line in looking.draft.text.splitlines() if line not in known]
    sentences = read("\n".join(lines)).sentences
    prose = read("\n".join(one.text for one in sentences if len(one.words) >= PROSE_WORDS))
    return len(prose.words) >= SHORT_TEXT_WORDS and prose.language.name is LanguageName.OTHER


def _demand(wanted: bool) -> str:
    return "demands" if wanted else "forbids"
