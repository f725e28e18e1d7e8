"""What a language model is asked and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from optimizer.models.dataclass import dataclass

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: system, user or assistant.
        content: Its text.
    """

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that an answer depends on; the key to the service is no part of it.

    Attributes:
        model: Name of the model.
        mode: chat or completion.
        messages: The conversation so far.
        temperature: Of sampling.
        max_tokens: Longest answer.
        seed: Of sampling, where the service minds one.
        occurrence: How often the same was asked before, from 0.
    """

    model: str
    mode: str
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int
    occurrence: int = 0

    def again(self, occurrence: int) -> Question:
        """Return the same question, asked as often before."""
        return replace(self, occurrence=occurrence)

    @property
    def facts(self) -> dict[str, Any]:
        """What it asks, without how often it was asked before."""
        return {
            "model": self.model,
            "mode": self.mode,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "messages": [
                {"role": message.role, "content": message.content} for message in self.messages
            ],
        }

    @property
    def sha256(self) -> str:
        """Hash of what it asks."""
        canonical = json.dumps(self.facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        text: The answer; empty where there is none.
        model: The model as the service names it, or None.
        finish_reason: Why it ended: stop, length, content_filter; None where not said.
        tokens_in: Tokens of the question, or None where the service did not say.
        tokens_out: Tokens of the answer, or None likewise.
        cost_usd: Price, or None where no price is known.
    """

    text: str
    model: str | None = None
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None

    @property
    def fault(self) -> str | None:
        """Why it cannot be used, in words; None where it may be."""
        if self.finish_reason == "length":
            return f"the answer was cut off at {_count(self.tokens_out)}"
        if self.finish_reason == "content_filter":
            return "the service withheld the answer (content_filter)"
        return None if self.text.strip() else "the answer is empty"


Complete = Callable[[Sequence[Message], int], Answer]
"""Answers a conversation, given a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What answers cost when they were paid for.

    Attributes:
        n_answers: How many there were.
        tokens: All their tokens, or None where a service did not say of one.
        cost_usd: Their price, or None where that of one is not known.
    """

    n_answers: int
    tokens: int | None
    cost_usd: float | None


def spent(answers: Sequence[Answer]) -> Spent:
    """Return what answers cost."""
    tokens = [_sum([answer.tokens_in, answer.tokens_out]) for answer in answers]
    return Spent(
        n_answers=len(answers),
        tokens=_sum(tokens),
        cost_usd=_sum([answer.cost_usd for answer in answers]),
    )


def _sum(values: Sequence[N | None]) -> N | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _count(tokens: int | None) -> str:
    return "the limit" if tokens is None else f"{tokens} tokens"
