"""What a span says of a call to a model, under the names of several generations.

Those of OpenTelemetry's GenAI conventions (now, and up to 1.36), and those that Pydantic AI,
OpenInference, OpenLIT, OpenLLMetry, Langfuse, LangSmith, MLflow and Vercel's AI SDK added or used
instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from executor_bridge.amounts import known, number, whole
from executor_bridge.meaning import canonical
from executor_bridge.tracing.otlp import Event

OPERATION = ("gen_ai.operation.name",)
KIND = ("openinference.span.kind",)
RESPONSE_ID = ("gen_ai.response.id",)
CALLS = {
    "gen_ai.operation.name": ("chat", "text_completion", "generate_content", "completion"),
    "openinference.span.kind": ("LLM",),
    "llm.request.type": ("chat", "completion"),
    "langfuse.observation.type": ("generation",),
    "langsmith.span.kind": ("llm",),
}
"""What a span says of itself that is a call to a model, under the names that tools have for it."""

EMBEDDING = ("embeddings", "embedding", "EMBEDDING")
STEP = "ai.operationId"
STEPS = (".doGenerate", ".doStream")
EMBEDDING_STEP = ".doEmbed"
"""How operations of Vercel's AI SDK end that are calls, not what stands around them."""
JUDGE_KINDS = frozenset({"EVALUATOR"})
JUDGE_OPERATIONS = frozenset({"evaluate", "evaluation"})

LANGFUSE = "langfuse.observation.usage_details"
LANGFUSE_COST = "langfuse.observation.cost_details"
LANGSMITH = "langsmith.usage_metadata"
MLFLOW, MLFLOW_COST = "mlflow.chat.tokenUsage", "mlflow.llm.cost"
OBJECTS = (LANGFUSE, LANGFUSE_COST, LANGSMITH, MLFLOW, MLFLOW_COST)
"""Attributes whose text is an object of numbers."""

TOKENS_IN = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    f"{LANGFUSE}.input",
    f"{LANGFUSE}.prompt_tokens",
    f"{LANGFUSE}.input_tokens",
    f"{LANGSMITH}.input_tokens",
    f"{MLFLOW}.input_tokens",
)
TOKENS_OUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    f"{LANGFUSE}.output",
    f"{LANGFUSE}.completion_tokens",
    f"{LANGFUSE}.output_tokens",
    f"{LANGSMITH}.output_tokens",
    f"{MLFLOW}.output_tokens",
)
TOKENS = (
    "gen_ai.usage.total_tokens",
    "llm.token_count.total",
    "llm.usage.total_tokens",
    "ai.usage.totalTokens",
    "ai.usage.tokens",
    f"{LANGFUSE}.total",
    f"{LANGFUSE}.total_tokens",
    f"{LANGSMITH}.total_tokens",
    f"{MLFLOW}.total_tokens",
)
CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "gen_ai.usage.details.cache_read_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",
    f"{LANGFUSE}.input_cache_read",
    f"{LANGFUSE}.input_cached_tokens",
    f"{LANGFUSE}.cache_read_input_tokens",
)
CACHE_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
    f"{LANGFUSE}.input_cache_creation",
    f"{LANGFUSE}.cache_creation_input_tokens",
)
COST = (
    "operation.cost",
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "llm.cost.total",
    f"{LANGFUSE_COST}.total",
    f"{LANGSMITH}.total_cost",
    f"{MLFLOW_COST}.total_cost",
)
MODEL = (
    "gen_ai.request.model",
    "llm.request.model_name",
    "llm.model_name",
    "gen_ai.response.model",
    "llm.response.model_name",
    "langfuse.observation.model.name",
    "ai.model.id",
    "mlflow.llm.model",
)
PROVIDER = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
)
PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "frequency_penalty",
    "presence_penalty",
    "stop_sequences",
    "choice.count",
)
INVOCATION = ("llm.invocation_parameters", "langfuse.observation.model.parameters")
NO_PARAMETERS = frozenset({"model", "messages", "input", "seed", "stream", "tools", "user"})
"""What stands among the parameters of a call and is none that makes a variant."""

INSTRUCTIONS = ("gen_ai.system_instructions",)
INPUT = (
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "langfuse.observation.input",
    "ai.prompt",
    "ai.prompt.messages",
)
OUTPUT = (
    "gen_ai.output.messages",
    "gen_ai.completion",
    "langfuse.observation.output",
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "ai.result.text",
    "ai.result.object",
)
WHOLE_INPUT = ("input.value", "inputs", "mlflow.spanInputs")
WHOLE_OUTPUT = ("output.value", "output", "mlflow.spanOutputs")
"""Where requests and answers stand with all that belongs to them, which messages alone do not."""

FLAT_INPUT = ("gen_ai.prompt.", "llm.input_messages.")
FLAT_OUTPUT = ("gen_ai.completion.", "llm.output_messages.")
MESSAGE_EVENT = ".message"
CHOICE_EVENT = "gen_ai.choice"
SYSTEM = ("system", "developer")

Attributes = Mapping[str, Any]


class Call(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is kept of a call to a model.

    Attributes:
        is_inference: Whether the span is the call itself, not what stands around it.
        is_embedding: Whether the model embeds, and answers nothing.
        tokens: All tokens, or None where only those in and out are told.
        tokens_in: Prompt tokens, those of the provider's cache included.
        tokens_out: Completion tokens.
        tokens_cached: Prompt tokens read from the provider's cache.
        cost_usd: Its price, or None.
        model: Name of the model, or None.
        provider: Who serves it, or None.
        parameters: Sampling parameters as canonical JSON, or None.
        response_id: The provider's id of the answer, or None.
    """

    is_inference: bool
    is_embedding: bool
    tokens: int | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    model: str | None
    provider: str | None
    parameters: str | None
    response_id: str | None

    @property
    def has_usage(self) -> bool:
        """Whether it tells tokens or a price."""
        told = (self.tokens, self.tokens_in, self.tokens_out, self.cost_usd)
        return any(value is not None for value in told)


class Talk(NamedTuple):
    """What was said to a model and by it; None is what was not recorded."""

    instructions: str | None
    asked: Any
    answered: Any


def call_of(attributes: Attributes) -> Call | None:
    """Return what a span says of a call to a model, None where it says nothing of the kind."""
    step = text(attributes, (STEP,)) or ""
    is_embedding = step.endswith(EMBEDDING_STEP) or any(
        attributes.get(name) in EMBEDDING for name in CALLS
    )
    is_inference = (
        is_embedding
        or step.endswith(STEPS)
        or any(attributes.get(name) in called for name, called in CALLS.items())
    )
    attributes = _spread(attributes)
    tokens_in, tokens_out, cached = _tokens(attributes)
    if is_embedding and tokens_out is None:
        tokens_out = 0
    call = Call(
        is_inference=is_inference,
        is_embedding=is_embedding,
        tokens=_count(attributes, TOKENS),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_cached=cached,
        cost_usd=known(_amount(attributes, COST)),
        model=text(attributes, MODEL) or text(_invocation(attributes), ("model",)),
        provider=text(attributes, PROVIDER),
        parameters=_parameters(attributes),
        response_id=text(attributes, RESPONSE_ID),
    )
    return call if is_inference or call.has_usage else None


def is_judge(attributes: Attributes) -> bool:
    """Tell whether a span grades: what is below it is not the system's."""
    return (
        text(attributes, KIND) in JUDGE_KINDS
        or text(attributes, OPERATION) in JUDGE_OPERATIONS
        or not attributes.keys().isdisjoint(("gen_ai.evaluation.name", "evaluator_name"))
    )


def talk_of(attributes: Attributes, events: Iterable[Event]) -> Talk:
    """Return what a span says was asked and answered."""
    asked: list[Any] = []
    answered: list[Any] = []
    merged = dict(attributes)
    for event in events:
        role = event.name.removeprefix("gen_ai.").removesuffix(MESSAGE_EVENT)
        if event.name == CHOICE_EVENT:
            answered.append(event.attributes)
        elif event.name.startswith("gen_ai.") and event.name.endswith(MESSAGE_EVENT):
            asked.append({"role": role} | event.attributes)
        elif event.name.startswith("gen_ai."):
            merged = event.attributes | merged
    asked_value = _content(merged, INPUT, FLAT_INPUT, asked) or _content(merged, WHOLE_INPUT)
    if isinstance(asked_value, dict):
        merged, asked_value = _unwrapped(merged, asked_value)
    return Talk(
        instructions=_instructions(merged, asked_value),
        asked=_without_system(asked_value),
        answered=_content(merged, OUTPUT, FLAT_OUTPUT, answered) or _content(merged, WHOLE_OUTPUT),
    )


def text(attributes: Attributes, names: Iterable[str]) -> str | None:
    """Return the first of some attributes that is a text and not empty."""
    found = (attributes.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def parsed(value: Any) -> Any:
    """Return a value, that of a text in JSON where it is an object or a list."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return value


def _count(attributes: Attributes, names: Iterable[str]) -> int | None:
    return whole(_amount(attributes, names))


def _amount(attributes: Attributes, names: Iterable[str]) -> float | None:
    """Return the first of some attributes that is a number."""
    found = (number(attributes.get(name)) for name in names)
    return next((value for value in found if value is not None), None)


def _tokens(attributes: Attributes) -> tuple[int | None, int | None, int | None]:
    """Return tokens in, out and cached.

    Those of the cache come on top where they are more than all, or where the total says so.
    """
    tokens_in, tokens_out = _count(attributes, TOKENS_IN), _count(attributes, TOKENS_OUT)
    cached = _count(attributes, CACHE_READ)
    of_cache = (cached or 0) + (_count(attributes, CACHE_WRITE) or 0)
    if tokens_in is not None and of_cache:
        is_sum = _count(attributes, TOKENS) == tokens_in + of_cache + (tokens_out or 0)
        if is_sum or of_cache > tokens_in:
            tokens_in += of_cache
    return tokens_in, tokens_out, cached


def _spread(attributes: Attributes) -> Attributes:
    """Return attributes with the numbers that stand in objects as attributes of their own."""
    found = {name: parsed(attributes[name]) for name in OBJECTS if name in attributes}
    told = {
        f"{name}.{key}": value
        for name, numbers in found.items()
        if isinstance(numbers, dict)
        for key, value in numbers.items()
    }
    return {**told, **attributes} if told else attributes


def _parameters(attributes: Attributes) -> str | None:
    """Return the sampling parameters of a call as canonical JSON; a seed makes no variant."""
    others = _invocation(attributes).items()
    told = {name: value for name, value in others if name not in NO_PARAMETERS}
    own = {name: attributes.get(f"gen_ai.request.{name}") for name in PARAMETERS}
    told |= {name: value for name, value in own.items() if value is not None}
    kept = {name: value for name, value in told.items() if value is not None}
    return canonical(kept).decode() if kept else None


def _unwrapped(attributes: Attributes, asked: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return what was asked without the rest of its request, and attributes with its instructions.

    Model and parameters belong to the variant: with them no case would be that of another run.
    """
    system = asked.get("system")
    told = {INSTRUCTIONS[0]: system, **attributes} if system else dict(attributes)
    messages = asked.get("messages")
    if isinstance(messages, list) and messages:
        return told, messages
    return told, {name: value for name, value in asked.items() if name != "system" or not system}


def _invocation(attributes: Attributes) -> dict[str, Any]:
    """Return what else a call was made with, where that is one attribute."""
    found = (parsed(attributes.get(name)) for name in INVOCATION)
    return next((one for one in found if isinstance(one, dict)), {})


def _content(
    attributes: Attributes,
    names: Iterable[str],
    flat: tuple[str, ...] = (),
    events: Sequence[Any] = (),
) -> Any:
    """Return a content from the first place that has one: an attribute, several, events."""
    for name in names:
        if attributes.get(name) not in (None, "", []):
            return parsed(attributes[name])
    return _unflattened(attributes, flat) or list(events) or None


def _unflattened(attributes: Attributes, prefixes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return messages that stand in attributes such as `gen_ai.prompt.0.content`."""
    messages: dict[int, dict[str, Any]] = {}
    for prefix in prefixes:
        for name, value in attributes.items():
            place, _, field = name.removeprefix(prefix).partition(".")
            if name.startswith(prefix) and place.isdecimal() and field:
                messages.setdefault(int(place), {})[field.removeprefix("message.")] = value
    return [messages[n] for n in sorted(messages)]


def _instructions(attributes: Attributes, asked: Any) -> str | None:
    """Return the instructions of the system: given by themselves, else first in the messages."""
    given = _content(attributes, INSTRUCTIONS)
    if given is not None:
        return _joined(given)
    system = [one for one in _messages(asked) if one.get("role") in SYSTEM]
    return _joined(system) if system else None


def _without_system(asked: Any) -> Any:
    """Return what was asked without the instructions, which belong to the variant."""
    if not any(one.get("role") in SYSTEM for one in _messages(asked)):
        return asked
    return [one for one in _messages(asked) if one.get("role") not in SYSTEM]


def _messages(asked: Any) -> list[dict[str, Any]]:
    """Return what was asked as messages, none where it is no list of them."""
    is_list = isinstance(asked, list) and all(isinstance(one, dict) for one in asked)
    return asked if is_list else []


def _joined(parts: Any) -> str | None:
    """Return the text in messages or parts of messages."""
    if isinstance(parts, str):
        return parts or None
    if isinstance(parts, dict):
        return _joined(parts.get("content", parts.get("parts", parts.get("text"))))
    if isinstance(parts, list):
        return "\n".join(one for part in parts if (one := _joined(part))) or None
    return None
