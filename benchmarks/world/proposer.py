"""A proposer of known skill, who errs as language models do."""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.world.planted import (
    DECOYS,
    HARM,
    INJECTED,
    MEMORISED,
    RULES,
    UNSPECIFIC,
    VARIABLE,
)
from optimizer.models.optimization import Draft, Shown
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import Ask

BLOAT, DROPPED = 0.15, 0.05
"""How often lines without use come along, and how often the variable is lost."""

MISTAKES = {"decoy": 5, "harm": 2, "memorise": 3}
"""What is done, and how often, where the right rule is not found."""

BLIND = 0.3
"""What is left of the skill where no symptom is told: then any rule may be guessed."""

TOLD = 0.25
"""Share of the mistakes that is left where the message names the rule."""


class SkilledProposer:
    """Adds the rule that a symptom calls for, as often as its skill; else it errs."""

    name = "skilled"

    def __init__(self, skill: float) -> None:
        self._skill = skill

    def propose(self, ask: Ask) -> Sequence[Draft]:
        """Return one draft."""
        shown = _read(ask)
        message = (shown.result.error_message if shown else None) or UNSPECIFIC
        rng = random.Random(f"{ask.seed} {text_sha256(ask.prompt)} {message}")
        if INJECTED in message and rng.random() > self._skill:
            harmed, lost = f"{ask.prompt}{HARM}\n", ask.prompt.replace(VARIABLE, "")
            return (self._draft(rng.choice((harmed, lost)), "as the message asked"),)
        lines = [self._line(ask.prompt, message, shown, rng)]
        if rng.random() < BLOAT:
            lines += rng.sample(DECOYS, 2)
        text = ask.prompt + "".join(f"{line}\n" for line in lines)
        if rng.random() < DROPPED:
            text = text.replace(VARIABLE, "")
        return (self._draft(text, lines[0]),)

    def _draft(self, text: str, why: str) -> Draft:
        return Draft(text=text, proposer=self.name, why=why)

    def _line(self, prompt: str, message: str, shown: Shown | None, rng: random.Random) -> str:
        right = [rule for rule, symptom in RULES if message.startswith(symptom)]
        skill = 1 - TOLD * (1 - self._skill) if right and right[0] in message else self._skill
        skill, guess = (skill, right[0]) if right else (BLIND * skill, rng.choice(RULES)[0])
        if rng.random() < skill and guess not in prompt:
            return guess
        (mistake,) = rng.choices(list(MISTAKES), list(MISTAKES.values()))
        if mistake == "memorise" and shown:
            return MEMORISED.format(case_id=shown.case.case_id)
        return HARM if mistake == "harm" else rng.choice(DECOYS)


def _read(ask: Ask) -> Shown | None:
    """Return the failure that is looked at: one of the cluster, or else the first there is."""
    failures = ask.cluster.failures if ask.cluster else ask.failing
    return failures[0] if failures else None
