"""Margins as people write them: `5pp` of a rate, `10%` of an amount."""

from __future__ import annotations

import re

from optimizer.models.errors import ConfigError
from optimizer.models.nearest import meant
from optimizer.models.terms import RATES, GuardMode, Metric
from optimizer.models.verdicts import Guardrail

MARGIN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(pp|%)", re.ASCII)
UNITS = {True: "pp", False: "%"}


def read_metric(text: str) -> Metric:
    """Return the metric of a name.

    Raises:
        ConfigError: There is none of that name.
    """
    try:
        return Metric(text.strip().lower())
    except ValueError as error:
        names = ", ".join(Metric)
        raise ConfigError(
            f"metric {text!r}: unknown, expected one of {names}", hint=meant(text, Metric)
        ) from error


def read_metrics(text: str) -> tuple[Metric, ...]:
    """Return the metrics of a list, `success,cost`, each once.

    Raises:
        ConfigError: One of them is unknown, or there is none.
    """
    found = tuple(dict.fromkeys(read_metric(name) for name in text.split(",") if name.strip()))
    if not found:
        raise ConfigError(f"metric {text!r}: names none, expected one of {', '.join(Metric)}")
    return found


def read_margin(metric: Metric, text: str, *, name: str = "margin") -> float:
    """Return a margin as a share: 0.05 of `5pp`, 0.1 of `10%`.

    Args:
        metric: The metric, which decides the unit.
        text: What was written.
        name: What it is called where it cannot be read.

    Raises:
        ConfigError: It has no unit, or not that of the metric, or is not within 0 and 100.
    """
    unit = UNITS[metric in RATES]
    match = MARGIN.fullmatch(text.strip())
    if match is None or match[2] != unit:
        kind = "a rate moves by percentage points" if unit == "pp" else "an amount moves in percent"
        raise ConfigError(
            f"{name} of {metric}: {text!r}, expected a number with {unit}, as 5{unit}",
            hint=f"The unit is never guessed: {kind}.",
        )
    share = float(match[1]) / 100
    if not 0 < share < 1:
        raise ConfigError(f"{name} of {metric}: {text!r}, must be above 0 and below 100 {unit}")
    return share


def read_setting(text: str) -> tuple[Metric, float]:
    """Return metric and margin of `success=5pp`.

    Raises:
        ConfigError: It is not of this form.
    """
    name, equals, margin = text.partition("=")
    if not equals:
        raise ConfigError(f"margin {text!r}: expected METRIC=MARGIN, as success=5pp")
    metric = read_metric(name)
    return metric, read_margin(metric, margin)


def read_guardrail(text: str, mode: GuardMode) -> Guardrail:
    """Return the guardrail of `success:5pp:prove`; without a last part it has the mode given.

    Raises:
        ConfigError: It is not of this form.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise ConfigError(
            f"guardrail {text!r}: expected METRIC:MARGIN or METRIC:MARGIN:MODE",
            hint="As in success:5pp:prove or cost:10%.",
        )
    metric = read_metric(parts[0])
    asked = parts[2].strip().lower() if len(parts) == 3 else mode.value  # noqa: PLR2004
    if asked not in tuple(GuardMode):
        raise ConfigError(f"guardrail {text!r}: mode {asked!r}, expected {' or '.join(GuardMode)}")
    return Guardrail(metric=metric, margin=read_margin(metric, parts[1]), mode=GuardMode(asked))
