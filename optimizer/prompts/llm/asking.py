"""Asking a language model: questions numbered and counted, answers from wherever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from optimizer.models.completions import Answer, Message, Question, Spent, spent
from optimizer.models.errors import ConfigError
from optimizer.prompts.llm.cassette import Recorded, Tape
from optimizer.prompts.llm.client import Client
from optimizer.prompts.llm.settings import LlmSettings
from optimizer.prompts.ports import ProposerError

SEEDS = 2**31
"""Services take no larger seeds."""

Source = Callable[[Question], Answer]
"""Where answers come from: a service, a tape, the history."""


class Asking:
    """Asks one model, and no more often than the settings allow."""

    def __init__(self, settings: LlmSettings, source: Source) -> None:
        self._settings = settings
        self._source = source
        self._asked: Counter[str] = Counter()
        self._answers: list[Answer] = []

    @property
    def spent(self) -> Spent:
        """What the answers cost, those given again among them."""
        return spent(self._answers)

    def __call__(self, messages: Sequence[Message], seed: int) -> Answer:
        """Return the answer to a conversation.

        Raises:
            ProposerError: The model was asked as often as allowed, or cannot be asked.
        """
        if self._asked.total() >= self._settings.max_calls:
            raise ProposerError(
                f"model: asked {_times(self._settings.max_calls)}, as often as allowed",
                hint="Raise llm.max_calls to go on.",
            )
        question = self._question(messages, seed)
        self._asked[question.sha256] += 1
        answer = self._source(question)
        self._answers.append(answer)
        return answer

    def _question(self, messages: Sequence[Message], seed: int) -> Question:
        question = Question(
            model=model_of(self._settings),
            mode=self._settings.mode,
            messages=tuple(messages),
            temperature=self._settings.temperature,
            max_tokens=self._settings.max_tokens,
            seed=seed % SEEDS,
        )
        n_before = self._asked[question.sha256]
        return question if not n_before else question.again(n_before)


def model_of(settings: LlmSettings) -> str:
    """Return the name of the model.

    Raises:
        ConfigError: There is none.
    """
    if not settings.model:
        raise ConfigError(
            "llm.model: nothing, expected the name of a model", hint="Name one with --llm-model."
        )
    return settings.model


def source_of(
    settings: LlmSettings,
    *,
    environ: Mapping[str, str],
    tape: Tape | None = None,
    replay: bool = False,
) -> Source:
    """Return where answers come from: the service, a tape of it, or a tape alone.

    Raises:
        ConfigError: The settings do not say enough.
    """
    if replay:
        if tape is None:
            raise ConfigError("--replay: no cassette, expected one", hint="Name it by --cassette.")
        return Recorded(tape, None)
    client = Client(settings, environ=environ)
    return client if tape is None else Recorded(tape, client)


def _times(n: int) -> str:
    return f"{n} time" if n == 1 else f"{n} times"
