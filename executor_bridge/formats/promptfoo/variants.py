"""What promptfoo tested: each column of its table is a prompt under a provider.

A variant is the text of the prompt, the provider with its label, and the parameters found in the
configuration. The id that promptfoo gives a prompt is no identity: it is a hash of the label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from executor_bridge.formats.promptfoo.rows import STRIPPED_PROMPT
from executor_bridge.meaning import canonical
from executor_bridge.outcomes import variant_of
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Variant, text_sha256

PROVIDER_ID = re.compile(r"(?P<provider>[\w.-]+):(?P<rest>\S+)")
SCHEMES = frozenset({"file", "http", "https", "ws", "wss", "exec", "package"})
"""What begins a provider id that is the address of a program rather than a model."""

APIS = frozenset(
    {
        "assistant",
        "chat",
        "completion",
        "completions",
        "converse",
        "embedding",
        "embeddings",
        "image",
        "messages",
        "moderation",
        "realtime",
        "responses",
        "text",
        "text-generation",
        "transcription",
        "video",
    }
)
"""The part of a provider id that names an interface, between provider and model."""

PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "topP",
        "top_k",
        "topK",
        "min_p",
        "max_tokens",
        "maxTokens",
        "max_completion_tokens",
        "max_output_tokens",
        "maxOutputTokens",
        "max_new_tokens",
        "num_predict",
        "n",
        "seed",
        "stop",
        "stop_sequences",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "logit_bias",
        "reasoning",
        "reasoning_effort",
        "verbosity",
        "thinking",
        "effort",
        "response_format",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "systemPrompt",
        "system_prompt",
        "system",
        "instructions",
        "model",
        "modelName",
        "deployment",
    }
)
"""Fields of a provider's configuration that change its answers."""

PLAIN_CHARS = 200
"""A longer parameter is replaced by its hash."""

LABEL_CHARS = 60
CUT_CHARS = 40
HASH_CHARS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One column: a prompt under a provider.

    Attributes:
        template: Text of the prompt, or None where it is not known.
        label: What promptfoo calls it.
        prompt_id: The id that promptfoo gives the prompt, or None.
        provider_id: What was asked, or None.
        provider_label: What the user calls that, or None.
        config: The configuration of provider and prompt, as far as known.
    """

    template: str | None
    label: str
    prompt_id: str | None = None
    provider_id: str | None = None
    provider_label: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown_provider(self) -> str | None:
        """What the provider is called in a table."""
        return self.provider_label or self.provider_id


def variants_of(tested: Sequence[Tested]) -> list[Variant]:
    """Return the variants of the columns of one file, every one with a label of its own.

    Columns that nothing in the file tells apart are numbered.
    """
    several = len({column.shown_provider for column in tested}) > 1
    labels: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    found = []
    for column in tested:
        label = short_label(column)
        if several and column.shown_provider:
            label = f"{label} [{column.shown_provider}]"
        labels[label] += 1
        if labels[label] > 1:
            label = f"{label} #{labels[label]}"
        variant = _variant(column, label, {})
        ids[variant.variant_id] += 1
        copy = ids[variant.variant_id]
        found.append(variant if copy == 1 else _variant(column, label, {"column": copy}))
    return found


def n_alike(variants: Sequence[Variant]) -> int:
    """Return how many columns only their number tells from another."""
    return sum('"column":' in (variant.parameters or "") for variant in variants)


def short_label(column: Tested) -> str:
    """Return the label of a prompt on one short line.

    promptfoo labels a prompt without a label with its whole text, that of a file with its path
    and text.
    """
    label = column.label
    if column.template and label.endswith(f": {column.template}"):
        path = label.removesuffix(f": {column.template}")
        label = re.split(r"[\\/]", path)[-1] or label
    line = " ".join(label.split()) or "prompt"
    if len(line) <= LABEL_CHARS:
        return line
    return f"{line[:CUT_CHARS].rstrip()}...#{text_sha256(label)[:HASH_CHARS]}"


def configs(
    providers: object, tested: Sequence[tuple[str | None, str | None, object]]
) -> Iterator[Mapping[str, Any]]:
    """Yield the configuration of each column's provider, as far as the file has it.

    Providers of one id and label are taken in order: their columns are in the same.

    Args:
        providers: `config.providers` of the file.
        tested: Of each column the provider's id and label, and what tells its prompt.
    """
    listed = [*_listed(providers)]
    met: Counter[tuple[Any, ...]] = Counter()
    for provider_id, label, prompt in tested:
        named = [one for one in listed if label and one[1] == label]
        known = named or [one for one in listed if one[0] == provider_id]
        key = (provider_id, label, prompt)
        at, met[key] = met[key], met[key] + 1
        yield known[min(at, len(known) - 1)][2] if known else {}


def _listed(providers: object) -> Iterator[tuple[str | None, str | None, Mapping[str, Any]]]:
    """Yield id, label and configuration of the providers that a configuration lists."""
    for one in providers if isinstance(providers, list) else [providers]:
        if isinstance(one, str):
            yield one, None, {}
        elif isinstance(one, dict):
            id_, told = one.get("id"), one
            if id_ is None and len(one) == 1:
                ((id_, told),) = one.items()
            if isinstance(told, dict):
                config = told.get("config")
                yield (
                    id_ if isinstance(id_, str) else None,
                    told.get("label"),
                    config if isinstance(config, dict) else {},
                )


def _variant(column: Tested, label: str, extra: Mapping[str, Any]) -> Variant:
    provider, api, model = parts(column.provider_id)
    parameters = dict(_parameters(column.config))
    if api:
        parameters["api"] = api
    if column.provider_label and column.provider_label != column.provider_id:
        parameters["provider_label"] = column.provider_label
    template = column.template
    return variant_of(
        label,
        prompt=None if template == STRIPPED_PROMPT else template,
        prompt_id=column.prompt_id,
        provider=provider,
        model=model,
        parameters={**parameters, **extra},
    )


def parts(provider_id: str | None) -> tuple[str | None, str | None, str | None]:
    """Return provider, interface and model that a provider's id names."""
    match = PROVIDER_ID.fullmatch(provider_id or "")
    if match is None or match["provider"] in SCHEMES:
        return provider_id or None, None, None
    api, _, model = match["rest"].partition(":")
    if model and api in APIS:
        return match["provider"], api, model
    return match["provider"], None, match["rest"]


def _parameters(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings that change answers, long ones as a hash."""
    for name in sorted(PARAMETERS.intersection(config)):
        value = config[name]
        text = canonical(value).decode("utf-8", "replace")
        long = len(text) > PLAIN_CHARS
        if value is not None:
            yield name, f"sha256:{text_sha256(text)[:16]}" if long else value
