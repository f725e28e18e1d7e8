"""Finding the version of a prompt that a user means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from optimizer.history.queries.optimizing import prompt_versions
from optimizer.history.store import History
from optimizer.models.errors import SelectionError
from optimizer.models.names import legible
from optimizer.models.versions import Version
from optimizer.prompts.versions.lifecycle import in_use

SHOWN = 5
"""How many prompts an ambiguous name lists."""

_NUMBER = re.compile(r"\d+\.\d+\.\d+")


def select_version(history: History, selector: str, *, prompt_id: str | None = None) -> Version:
    """Return the version that a selector means.

    A selector is `ID@1.1.0`; the number alone where the prompt is named beside it or only one is
    stored; or the id of a prompt for its version in use.

    Raises:
        SelectionError: It means no version, or more than one prompt could be meant.
    """
    before, at, number = selector.rpartition("@")
    if at and _NUMBER.fullmatch(number):
        return _numbered(versions_of(history, before), number)
    if _NUMBER.fullmatch(selector):
        return _numbered(versions_of(history, prompt_id or only_prompt(history)), selector)
    found = in_use(versions_of(history, selector))
    if found is None:
        raise SelectionError(f"prompt {legible(selector)}: no version of it is in use")
    return found


def versions_of(history: History, prompt_id: str) -> list[Version]:
    """Return the versions of a prompt, in the order of their making.

    Raises:
        SelectionError: It is not stored.
    """
    found = prompt_versions(history, prompt_id=prompt_id)
    if not found:
        raise SelectionError(
            f"prompt {legible(prompt_id)}: not in this history",
            hint="See 'optimizer prompts list'.",
        )
    return found


def _numbered(versions: Sequence[Version], number: str) -> Version:
    for one in versions:
        if one.version == number:
            return one
    raise SelectionError(
        f"prompt {versions[0].prompt_id}: it has no version {number}",
        hint="See 'optimizer prompts list'.",
    )


def only_prompt(history: History) -> str:
    """Return the id of the only prompt that is stored.

    Raises:
        SelectionError: None is, or several are.
    """
    ids = sorted({one.prompt_id for one in prompt_versions(history)})
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise SelectionError(
            "no prompt is in this history", hint="Store one with 'optimizer prompts record FILE'."
        )
    raise SelectionError(
        f"{len(ids)} prompts are stored: {', '.join(ids[:SHOWN])}",
        hint="Name one with --prompt, or the version as ID@1.1.0.",
    )
