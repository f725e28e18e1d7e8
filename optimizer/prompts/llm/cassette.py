"""Cassettes: answers of a language model in a file, given again without asking.

Recording: a question that the cassette holds is answered from it, any other by the service, and
its answer is written down before it is used. Replaying: a question that it does not hold is an
error that says what differs. The key to the service is in neither questions nor answers.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from optimizer.models.completions import Answer, Question
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError, Fault, FormatError
from optimizer.models.names import legible
from optimizer.prompts.ports import ProposerError

FORMAT: Final = "prompt-optimizer cassette"
VERSION: Final = 1
SHOWN_CHARS = 12
"""Characters of a hash in a message."""


class ReplayMissError(ProposerError):
    """A question that the cassette holds no answer to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a cassette is.

    Attributes:
        format: Always `prompt-optimizer cassette`.
        format_version: 1.
        model: The model that answered.
        host: Where it was asked, without path and key; None where not known.
        recorded_on: Day of the first recording.
    """

    format: str
    format_version: int
    model: str
    host: str | None
    recorded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question with its answer.

    Attributes:
        question_sha256: Of what is asked.
        question: What was asked.
        answer: What came back.
    """

    question_sha256: str
    question: Question
    answer: Answer

    @property
    def key(self) -> tuple[str, int]:
        """What finds it again."""
        return self.question_sha256, self.question.occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cassette:
    """A whole file."""

    header: Header
    entries: tuple[Entry, ...]


class Tape:
    """A cassette in a file; every answer is in the file before it is used."""

    def __init__(self, path: Path, cassette: _Cassette) -> None:
        self.path = path
        self.header = cassette.header
        self._entries = {entry.key: entry for entry in cassette.entries}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, question: Question) -> Answer | None:
        """Return the recorded answer, or None."""
        entry = self._entries.get((question.sha256, question.occurrence))
        return entry.answer if entry else None

    def keep(self, question: Question, answer: Answer) -> None:
        """Write an answer down."""
        entry = Entry(question_sha256=question.sha256, question=question, answer=answer)
        self._entries[entry.key] = entry
        _write(self.path, _Cassette(header=self.header, entries=tuple(self._entries.values())))

    def difference(self, question: Question) -> str:
        """Say what tells a question from the recorded one that is most like it."""
        others = [entry.question for entry in self._entries.values()]
        if not others:
            return "the cassette is empty"
        found = min((list(_differences(question, other)) for other in others), key=len)
        return f"the nearest differs in {', '.join(found)}" if found else "all are told apart"


class Recorded:
    """Answers from a cassette; what it lacks is asked of the service, or is an error."""

    def __init__(self, tape: Tape, service: Callable[[Question], Answer] | None) -> None:
        self._tape = tape
        self._service = service

    def __call__(self, question: Question) -> Answer:
        """Return the recorded answer, or ask and record.

        Raises:
            ReplayMissError: There is none and nobody to ask.
        """
        known = self._tape.find(question)
        if known is not None:
            return known
        if self._service is None:
            raise ReplayMissError(
                f"{legible(str(self._tape.path))}: no answer to question "
                f"{question.sha256[:SHOWN_CHARS]} ({question.model}, asked "
                f"{question.occurrence} times before); {self._tape.difference(question)}",
                hint="Record it without --replay, or run what the cassette was recorded with.",
            )
        answer = self._service(question)
        self._tape.keep(question, answer)
        return answer


def open_tape(
    path: Path, *, model: str, base_url: str | None, today: date, must_exist: bool = False
) -> Tape:
    """Return the cassette of a file; an empty one where there is none yet.

    Raises:
        ConfigError: There is none where there must be one, or it is of another model.
        FormatError: The file is no cassette, or a damaged one.
    """
    name = legible(str(path))
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if must_exist:
            raise ConfigError(
                f"{name}: no such file, expected a cassette", hint="Record one without --replay."
            ) from error
        return Tape(path, _Cassette(header=_header(model, base_url, today), entries=()))
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror}, expected a cassette") from error
    cassette = _read(name, content)
    if cassette.header.model != model:
        raise ConfigError(
            f"{name}: a cassette of {cassette.header.model}, expected one of {model}",
            hint="Name the model it was recorded with, or another file.",
        )
    return Tape(path, cassette)


def _header(model: str, base_url: str | None, today: date) -> Header:
    return Header(
        format=FORMAT,
        format_version=VERSION,
        model=model,
        host=urlsplit(base_url).hostname if base_url else None,
        recorded_on=today,
    )


def _read(name: str, content: bytes) -> _Cassette:
    try:
        raw: Any = json.loads(content)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _broken(name, place, None, f"JSON ({error.msg})") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _broken(name, "the file", "something else", "JSON in UTF-8") from error
    header = raw.get("header") if isinstance(raw, dict) else None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise _broken(name, "header.format", None, f"{FORMAT!r}")
    if header.get("format_version") != VERSION:
        found = repr(header.get("format_version"))[:40]
        raise _broken(name, "header.format_version", found, str(VERSION))
    try:
        cassette = msgspec.convert(raw, type=_Cassette)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise _broken(name, place.strip("`$.") or "the file", what, "a cassette") from error
    for position, entry in enumerate(cassette.entries):
        if entry.question.sha256 != entry.question_sha256:
            raise _broken(
                name,
                f"entries[{position}].question_sha256",
                entry.question_sha256[:SHOWN_CHARS],
                f"{entry.question.sha256[:SHOWN_CHARS]}, the hash of its question",
            )
    return cassette


def _broken(name: str, place: str, found: str | None, expected: str) -> FormatError:
    return FormatError(
        name,
        (Fault(place=place, found=found, expected=expected),),
        hint="Restore the file, or record a new one elsewhere.",
    )


def _write(path: Path, cassette: _Cassette) -> None:
    """Put a cassette in the place of the one before, whole or not at all."""
    text = json.dumps(msgspec.to_builtins(cassette), indent=1, ensure_ascii=False)
    try:
        descriptor, written = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            Path(written).replace(path)
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(
            f"{legible(str(path))}: {error.strerror}, expected a file that can be written"
        ) from error


def _differences(question: Question, other: Question) -> Iterator[str]:
    """Yield what tells two questions apart, the prompt at last and with the place."""
    for name in ("model", "mode", "temperature", "max_tokens", "seed", "occurrence"):
        asked, recorded = getattr(question, name), getattr(other, name)
        if asked != recorded:
            yield f"{name} ({asked}, recorded {recorded})"
    pairs = zip_longest(question.messages, other.messages)
    for number, (mine, theirs) in enumerate(pairs, start=1):
        if mine != theirs:
            at = _parting(mine.content, theirs.content) if mine and theirs else 0
            yield f"message {number} (from character {at + 1} on)"


def _parting(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
