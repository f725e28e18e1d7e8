"""Settings of the language model that proposes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from optimizer.models.settings import Field, Settings

Seconds = Annotated[float, Field(gt=0)]
Price = Annotated[float, Field(ge=0)]


class Mode(StrEnum):
    """How the service is asked."""

    CHAT = "chat"
    """Messages at `/chat/completions`."""

    COMPLETION = "completion"
    """One text at `/completions`."""


class LlmSettings(Settings):
    """The language model that proposes prompts; without `base_url` nothing is asked."""

    base_url: str | None = None
    """Address of an OpenAI-compatible service, up to and without `/chat/completions`."""

    model: str | None = None
    """Name of the model."""

    key_env: str | None = None
    """Name of the environment variable that holds the key; none for services without keys."""

    mode: Mode = Mode.CHAT
    """Whether to ask at `/chat/completions` or at `/completions`."""

    allow_plain_http: bool = False
    """Whether `http://` may leave this machine and its network, key and prompts readable."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Temperature of sampling; above 0, so that several proposals differ."""

    max_tokens: Annotated[int, Field(ge=1)] = 4096
    """Longest answer, in tokens; a longer one is cut off and of no use."""

    max_tokens_field: Annotated[str, Field(pattern=r"^[a-z_]+$")] = "max_tokens"
    """Name of that limit in the request; some models want `max_completion_tokens`."""

    send_seed: bool = True
    """Whether to send the seed; some services refuse the field."""

    timeout_s: Seconds = 120.0
    """Longest time a call may take."""

    retries: Annotated[int, Field(ge=0)] = 4
    """How often a call is repeated where the service is busy, broken or away."""

    backoff_s: Seconds = 1.0
    """Pause before the first repetition; doubled before each further one."""

    max_wait_s: Seconds = 60.0
    """Longest pause; where the service asks for a longer one, the call fails."""

    max_response_bytes: Annotated[int, Field(ge=1024)] = 10_000_000
    """Longest response that is read."""

    max_calls: Annotated[int, Field(ge=1)] = 100
    """Most calls of one optimization, answers given again among them."""

    price_in_usd: Price | None = None
    """Price of a million tokens of questions; where unknown, so is the cost."""

    price_out_usd: Price | None = None
    """Price of a million tokens of answers; where unknown, so is the cost."""

    max_field_chars: Annotated[int, Field(ge=100)] = 1500
    """Longest text of a test that is shown to the model; of longer ones the middle is cut."""

    max_failures: Annotated[int, Field(ge=1)] = 3
    """After as many answers of no use in a row the search ends with what it found."""

    n_failing: Annotated[int, Field(ge=1)] = 3
    """Failing cases that are shown."""

    n_passing: Annotated[int, Field(ge=0)] = 2
    """Passing cases that are shown as what must stay so."""

    n_refused: Annotated[int, Field(ge=0)] = 8
    """Refused drafts that are shown, the newest."""

    stalled_after: Annotated[int, Field(ge=1)] = 3
    """After as many refused drafts in a row `llm_guided` may rewrite the whole prompt."""
