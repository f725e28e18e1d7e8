"""Tables of what a token costs: the user's own file, or the package genai-prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError, Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import text_sha256

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

TOKENS_PER_PRICE = 1_000_000
PACKAGE = "genai-prices"

Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call.

    Attributes:
        tokens_in: Prompt tokens, those read from a cache included.
        tokens_out: Completion tokens.
        tokens_cached: Prompt tokens that the provider read from its cache.
    """

    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0


class PriceTable(Protocol):
    """Prices of models by the token.

    Attributes:
        identity: Tells tables of one name and date apart.
    """

    identity: str

    def cost_usd(self, model: str, provider: str | None, day: date, usage: Usage) -> float | None:
        """Return the price of a call, None where the table does not have the model."""
        ...

    def source(self, day: date) -> str:
        """Return what the table is called, with the date of its prices."""
        ...


def price_table(settings: IngestSettings) -> PriceTable:
    """Return the table that the settings name.

    Raises:
        ConfigError: The package is not installed.
        FormatError: The user's table cannot be read.
    """
    return GenaiPrices() if settings.prices is None else UserPrices(settings.prices)


class _ModelPrice(BaseModel):
    """USD for a million tokens of one model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Amount
    output: Amount
    cached_input: Amount | None = None


class _Table(BaseModel):
    """A price table as users write it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: date
    models: dict[str, _ModelPrice]


class UserPrices:
    """A price table of the user's: a YAML or JSON file.

    It has a `date` and `models`: by `model` or `provider/model` the prices `input`, `output` and
    `cached_input` in USD for a million tokens.
    """

    def __init__(self, path: Path) -> None:
        """Read the table.

        Raises:
            FormatError: It cannot be read.
        """
        self._path = path
        self._table = _read(path)
        self.identity = text_sha256(self._table.model_dump_json())

    def cost_usd(self, model: str, provider: str | None, day: date, usage: Usage) -> float | None:
        """Return the price of a call, whatever its day; None where the model is not listed."""
        del day
        models = self._table.models
        price = models.get(f"{provider}/{model}") or models.get(model)
        if price is None:
            return None
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = max(0, usage.tokens_in - usage.tokens_cached)
        amount = fresh * price.input + usage.tokens_cached * cached
        return (amount + usage.tokens_out * price.output) / TOKENS_PER_PRICE

    def source(self, day: date) -> str:
        """Return the name of the file and the date in it."""
        del day
        return f"{self._path.name} of {self._table.date}"


def _read(path: Path) -> _Table:
    import yaml  # noqa: PLC0415 - only where a table is used

    try:
        said = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except OSError as error:
        fault = Fault(place="file", found=(error.strerror or "").lower(), expected="a price table")
        raise FormatError(str(path), (fault,)) from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "file"
        fault = Fault(place=place, found="no YAML or JSON", expected="a price table")
        raise FormatError(str(path), (fault,)) from error
    try:
        return _Table.model_validate(said)
    except ValidationError as error:
        raise FormatError(str(path), tuple(map(_fault, error.errors())), hint=EXAMPLE) from error


NOT_A_TABLE = {"model_type": "names with values", "dict_type": "names with values"}
EXAMPLE = (
    "A price table: {date: 2026-11-01, models: {gpt-4o-mini: {input: 0.15, output: 0.6}}}, "
    "in USD for a million tokens."
)


def _fault(detail: Mapping[str, Any]) -> Fault:
    place = ".".join(map(str, detail["loc"])) or "file"
    found = None if detail["type"] == "missing" else repr(detail["input"])[:60]
    expected = NOT_A_TABLE.get(detail["type"]) or detail["msg"].lower()
    return Fault(place=place, found=found, expected=expected)


class GenaiPrices:
    """The prices of the package genai-prices, as they were on the day of the call."""

    identity = PACKAGE

    def __init__(self) -> None:
        """Load the package.

        Raises:
            ConfigError: It is not installed.
        """
        try:
            import genai_prices  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as error:
            raise ConfigError(
                f"--price: the package {PACKAGE} is not installed",
                hint="Install 'prompt-optimizer[prices]', or give a table with --prices.",
            ) from error
        self._package = genai_prices
        self._flat = lru_cache(maxsize=None)(self._flat_prices)

    def cost_usd(self, model: str, provider: str | None, day: date, usage: Usage) -> float | None:
        """Return the price of a call; None where the model, or its provider, is not listed."""
        flat = self._flat(model, provider, day)
        if flat is None:
            return None
        if flat:
            fresh = max(0, usage.tokens_in - usage.tokens_cached)
            amount = fresh * flat[0] + usage.tokens_cached * flat[1] + usage.tokens_out * flat[2]
            return amount / TOKENS_PER_PRICE
        return float(self._calculated(model, provider, day, usage).total_price)

    def source(self, day: date) -> str:
        """Return the package with its version, and the day whose prices were taken."""
        return f"{PACKAGE} {version(PACKAGE)}, prices of {day}"

    def _flat_prices(self, model: str, provider: str | None, day: date) -> tuple[float, ...] | None:
        """Return the prices of input, cached input and output, () where they depend on length.

        None where the package does not list the model.
        """
        from decimal import Decimal  # noqa: PLC0415 - as above

        try:
            found = self._calculated(model, provider, day, Usage(tokens_in=1, tokens_out=1))
        except LookupError:
            return None
        price = found.model_price
        fresh, output = getattr(price, "input_mtok", None), getattr(price, "output_mtok", None)
        cached = getattr(price, "cache_read_mtok", None)
        prices = (fresh, fresh if cached is None else cached, output)
        flat = tuple(float(one) for one in prices if isinstance(one, Decimal))
        return flat if len(flat) == len(prices) else ()

    def _calculated(
        self, model: str, provider: str | None, day: date, usage: Usage
    ) -> PriceCalculation:
        return self._package.calc_price(
            self._package.Usage(
                input_tokens=usage.tokens_in,
                output_tokens=usage.tokens_out,
                cache_read_tokens=usage.tokens_cached or None,
            ),
            model_ref=model,
            provider_id=provider,
            genai_request_timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        )
