"""What the calls of a task agree on, and what they used in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from executor_bridge.outcomes import variant_of
from executor_bridge.tracing.steps import Names, Step
from executor_bridge.tracing.tree import Task
from optimizer.models.tasks import Variant


class Made(NamedTuple):
    """What a task was executed with, as far as its calls agree on it.

    Attributes:
        label: What people call it, or None.
        is_named: Whether the label alone tells it from others.
        prompt: Instructions of the system, or None.
        provider: Who serves the model, or None.
        model: Name of the model, of several joined, or None.
        parameters: Sampling parameters as canonical JSON, or None.
    """

    label: str | None
    is_named: bool
    prompt: str | None
    provider: str | None
    model: str | None
    parameters: str | None


def made_of(task: Task, names: Names, instructions: str | None) -> Made:
    """Return what a task was executed with; embeddings only where nothing else was called."""
    calls = [step.call for step in task.calls if step.call]
    calls = [call for call in calls if not call.is_embedding] or calls
    models = sorted({call.model for call in calls if call.model})
    return Made(
        label=names.variant,
        is_named=names.variant is not None,
        prompt=instructions,
        provider=agreed(call.provider for call in calls),
        model=" + ".join(models) or None,
        parameters=agreed(call.parameters for call in calls),
    )


def variants_of(made: Iterable[Made]) -> dict[Made, Variant]:
    """Return the variants; of a named one only what all its tasks have in common."""
    variants: dict[Made, Variant] = {}
    named: dict[str | None, list[Made]] = defaultdict(list)
    for one in made:
        if one.is_named:
            named[one.label].append(one)
        else:
            variants[one] = _variant(one)
    for same in named.values():
        common = same[0]._replace(
            prompt=agreed(one.prompt for one in same),
            provider=agreed(one.provider for one in same),
            model=agreed(one.model for one in same),
            parameters=agreed(one.parameters for one in same),
        )
        variants |= dict.fromkeys(same, _variant(common))
    return variants


def usage_of(task: Task) -> dict[str, Any]:
    """Return tokens and cost of a task, unknown where a call that ended well tells none."""
    usage = {name: _sum(task.calls, name) for name in ("tokens_in", "tokens_out", "cost_usd")}
    cached = [step.call.tokens_cached for step in task.calls if step.call]
    known = [n for n in cached if n is not None]
    return usage | {
        "tokens": _all_tokens(task.calls),
        "tokens_cached": sum(known) if known else None,
        "judge_tokens": _all_tokens(task.judging),
        "judge_cost_usd": _sum(task.judging, "cost_usd"),
    }


def agreed(values: Iterable[str | None]) -> str | None:
    """Return what is said everywhere, None where there is no such thing."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _variant(made: Made) -> Variant:
    parameters = msgspec.json.decode(made.parameters) if made.parameters else None
    return variant_of(
        made.label or made.model or "default",
        prompt=made.prompt,
        provider=made.provider,
        model=made.model,
        parameters=parameters,
    )


def _sum(calls: Iterable[Step], name: str) -> Any:
    """Return the sum of a number over calls, None where it is not known of all."""
    told_by = [(getattr(step.call, name), step.failure) for step in calls]
    values = [value for value, failure in told_by if value is not None or not failure]
    return sum(values) if values and None not in values else None


def _all_tokens(calls: Iterable[Step]) -> int | None:
    """Return the tokens of calls that tell them in all, or in and out."""
    sums = [_sum([step], "tokens") or _in_and_out(step) for step in calls if not step.failure]
    return sum(n for n in sums if n is not None) if sums and None not in sums else None


def _in_and_out(step: Step) -> int | None:
    call = step.call
    if call is None or call.tokens_in is None or call.tokens_out is None:
        return None
    return call.tokens_in + call.tokens_out
