"""Examples put into a prompt by the transform for them, under the names the prompt uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.transforms.applying import apply
from optimizer.promptcheck.transforms.base import Example, Lessons
from optimizer.promptcheck.transforms.examples import Examples, FilledPrompts
from optimizer.prompts.search.shots import Shot


def with_examples(prompt: str, shots: Sequence[Shot]) -> str | None:
    """Return a prompt with examples, or None where they cannot be shown without harm."""
    return _shown(prompt, shots, Examples)


def with_filled_prompts(prompt: str, shots: Sequence[Shot]) -> str | None:
    """Return a prompt below filled copies of itself, each answered; None as above."""
    return _shown(prompt, shots, FilledPrompts)


def _shown(prompt: str, shots: Sequence[Shot], layout: type[Examples]) -> str | None:
    names = tuple(dict.fromkeys(use.name for use in read(prompt).variables))
    examples = tuple(
        Example(case_id=one.case_id, inputs=_named(one.inputs, names), answer=one.answer)
        for one in shots
    )
    settings = TransformSettings(max_examples=max(1, len(examples)))
    done = apply(layout(settings), prompt, Lessons(examples=examples))
    return done.text if done.changes else None


def _named(inputs: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """Return what the prompt is given, by the names it uses; a single input fits a single name."""
    used = {name: inputs[name] for name in names if name in inputs}
    if used:
        return used
    if len(inputs) == len(names) == 1:
        return {names[0]: next(iter(inputs.values()))}
    return inputs
