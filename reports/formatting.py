"""How numbers look. The only module that rounds."""

# ruff: noqa: PLR2004 - the numbers below are the formats themselves

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeGuard

from optimizer.models.rules import Unit

PLAIN_WORD = re.compile(r"[\w@%+=:,./-][\w@%+=:,./#-]*")
UNKNOWN = "-"
UNBOUNDED = "unbounded"
LONGEST_NAME = 60
MOST_NAMES = 3

_EXACT = 1e-9
"""Distance within which a computed rate is 0 or 1; below it lies only floating-point noise."""

_LARGEST = 1e300
"""Beyond it, and for what is no number at all, nothing was measured."""

_LISTED = 20
"""Longest list that is written out."""

_SUFFIX_UNITS = (
    ("_rate", Unit.RATE),
    ("_ms", Unit.MS),
    ("_usd", Unit.USD),
    ("tokens", Unit.TOKENS),
    ("score", Unit.POINTS),
)


def rate(share: float | None) -> str:
    """Format a 0-to-1 rate: '87.5 %'; '100.0 %' and '0.0 %' only when exact."""
    return f"{_percent(share)} %" if _known(share) else UNKNOWN


def percentage_points(share: float | None) -> str:
    """Format a difference of two rates: '+6.2 pp'."""
    return _signed(share, f"{_points_of(share)} pp") if _known(share) else UNKNOWN


def relative_change(share: float | None) -> str:
    """Format a ratio less one: '+12.3 %'; 'unbounded' where it has no bound."""
    return _bound(share, " %")


def relative_interval(low: float | None, high: float | None) -> str:
    """Format the interval of a ratio less one: '[+1.2, +11.3] %', '[-4.0, unbounded] %'."""
    return signed_interval(low, high, " %")


def signed_interval(low: float | None, high: float | None, suffix: str = "") -> str:
    """Format the bounds of an effect in hundredths; without a suffix, its row names the unit."""
    return _bracket([_bound(low, ""), _bound(high, "")], suffix)


def tolerance(share: float | None, unit: str) -> str:
    """Format a margin that somebody chose, as short as it goes: '5 pp', '2.5 %'."""
    return f"{100 * share:.4g}{unit}" if _known(share) else UNKNOWN


def usd(amount: float | None) -> str:
    """Format the price of one call to three significant digits: '$0.00213'."""
    if not _known(amount):
        return UNKNOWN
    size = abs(amount)
    if size == 0:
        return "$0"
    if size < 1e-9:
        return "<$0.000000001"
    return f"{_minus(amount)}${size:,.{_decimals(size)}f}"


def usd_total(amount: float | None) -> str:
    """Format a sum of money: '$1,234.56'; below a dollar as the price of a call."""
    if not _known(amount) or abs(amount) < 1:
        return usd(amount)
    return f"{_minus(amount)}${abs(amount):,.2f}"


def duration(ms: float | None) -> str:
    """Format milliseconds: '845 ms', '4.66 s', '2 min 05 s', '3 h 07 min', '2 d 03 h'."""
    if not _known(ms):
        return UNKNOWN
    size = _significant(abs(ms))
    if size < 0.01:
        return "0 ms" if size == 0 else "<0.01 ms"
    if size < 1000:
        return f"{_minus(ms)}{size:.{_decimals(size)}f} ms"
    if size < 60_000:
        return f"{_minus(ms)}{size / 1000:.{_decimals(size / 1000)}f} s"
    return _minus(ms) + _clock(round(abs(ms) / 1000))


def time_span(seconds: float) -> str:
    """Format a length of time that somebody chose: '15 min', '1 h', '90 s', '1 d'."""
    for name, unit in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def count(n: float | None) -> str:
    """Format a count or a mean of counts: '12,345', '59.3'."""
    if not _known(n):
        return UNKNOWN
    return f"{n:,.0f}" if n == round(n) else f"{n:,.1f}"


def points(score: float | None) -> str:
    """Format a score of 0 to 100: '71.2'."""
    return f"{score:.1f}" if _known(score) else UNKNOWN


def p_value(p: float | None) -> str:
    """Format a p-value: '0.34', '0.034', '<0.001'."""
    if not _known(p):
        return UNKNOWN
    if p < 0.001:
        return "<0.001"
    if 0.99 < p < 1:
        return ">0.99"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_statement(p: float | None, name: str = "p") -> str:
    """Format a p-value with its name: 'p = 0.034', 'p < 0.001'."""
    shown = p_value(p)
    return f"{name} {shown[0]} {shown[1:]}" if shown[0] in "<>" else f"{name} = {shown}"


def figure(number: float | None) -> str:
    """Format a number without a unit to three significant digits: '0.985', '12.3'."""
    if number is not None and math.isinf(number):
        return UNBOUNDED
    if not _known(number):
        return UNKNOWN
    size = abs(number)
    if size < 1e-9:
        return "<0.000000001" if size else "0"
    if 0.9995 <= number < 1:
        return ">0.999"
    return f"{_minus(number)}{size:,.{_decimals(size)}f}"


def figure_interval(low: float | None, high: float | None) -> str:
    """Format the interval of a number without a unit: '[0.951, 0.998]'."""
    return _bracket([figure(low), figure(high)], "")


def level(share: float | None) -> str:
    """Format a confidence level: '95 %', '97.5 %'; '100 %' only when exact."""
    if not _known(share):
        return UNKNOWN
    shown = f"{100 * share:.4g}"
    return ">99.99 %" if shown == "100" and share < 1 else f"{shown} %"


def n_bytes(n: int | None) -> str:
    """Format a size: '512 B', '3.4 MB'."""
    if n is None:
        return UNKNOWN
    size = float(n)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"


def moment(at: datetime | None) -> str:
    """Format a time: '2026-03-01 12:00 UTC'; one without a zone is taken as UTC."""
    return UNKNOWN if at is None else f"{_utc(at):%Y-%m-%d %H:%M} UTC"


def day(at: datetime | None) -> str:
    """Format the UTC date of a time: '2026-03-01'."""
    return UNKNOWN if at is None else f"{_utc(at):%Y-%m-%d}"


def value(unit: Unit, amount: float | None) -> str:
    """Format a value by its unit."""
    match unit:
        case Unit.RATE:
            return rate(amount)
        case Unit.MS:
            return duration(amount)
        case Unit.USD:
            return usd(amount)
        case Unit.POINTS:
            return points(amount)
        case Unit.COUNT | Unit.TOKENS:
            return count(amount)


def magnitude(unit: Unit, difference: float | None) -> str:
    """Format how far apart two values are, without a sign: '6.2 pp', '1.24 s'."""
    if not _known(difference):
        return UNKNOWN
    if unit is Unit.RATE:
        return f"{_points_of(difference)} pp"
    name = {Unit.POINTS: " points", Unit.TOKENS: " tokens"}.get(unit, "")
    return value(unit, abs(difference)) + name


def margin(unit: Unit, difference: float | None) -> str:
    """Format a margin or an effect, with its sign: '-80.0 pp', '+1.24 s', '+$0.00210'."""
    if unit is Unit.RATE:
        return percentage_points(difference)
    return _signed(difference, value(unit, abs(difference))) if _known(difference) else UNKNOWN


def interval(unit: Unit, low: float | None, high: float | None) -> str:
    """Format the interval of a value: '[71.2, 93.0] %', '[4.21, 5.02] s'."""
    if unit is Unit.RATE:
        bounds = [_percent(bound) if _known(bound) else UNKNOWN for bound in (low, high)]
        return _bracket(bounds, " %")
    return _scaled_interval(unit, low, high, sign="")


def effect_interval(unit: Unit, low: float | None, high: float | None) -> str:
    """Format the interval of a difference: '[+1.2, +11.3] pp'."""
    if unit is Unit.RATE:
        return signed_interval(low, high, " pp")
    return _scaled_interval(unit, low, high, sign="+")


def unit_of(metric: str) -> Unit | None:
    """Return the unit a metric's name ends in, or None where it names none."""
    return next((unit for suffix, unit in _SUFFIX_UNITS if metric.endswith(suffix)), None)


def setting(content: Any) -> str:
    """Format the value of a setting as it would be written in a file."""
    if content is None:
        return UNKNOWN
    if isinstance(content, float):
        return f"{content:.12g}" if math.isfinite(content) else UNKNOWN
    if isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)


def ten_digits(content: Any) -> str:
    """Format a number of any size to ten digits, a list of them by its ends: '0.0346902847'."""
    if isinstance(content, list):
        return _ends([ten_digits(item) for item in content])
    if isinstance(content, bool):
        return str(content).lower()
    if content is None or (isinstance(content, float) and math.isnan(content)):
        return UNKNOWN
    if isinstance(content, int | float):
        return figure(content) if math.isinf(content) else f"{content:.10g}"
    return str(content)


def plural(n: float, noun: str, many: str | None = None) -> str:
    """Count things: '1 task', '12,345 tasks'."""
    return f"{count(n)} {noun if n == 1 else many or noun + 's'}"


def listing(words: list[str], conjunction: str = "and") -> str:
    """Join words as a sentence does: 'a, b and c'."""
    return f" {conjunction} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def name_of(label: str) -> str:
    """Return a label as a sentence names it: on one line, and not at any length."""
    return shorten(label, LONGEST_NAME)


def word(text: str) -> str:
    """Return a text as one word of a shell; `#` within a word needs no quotes."""
    return text if PLAIN_WORD.fullmatch(text) else shlex.quote(text)


def named(labels: Sequence[str]) -> str:
    """Name the first few of some labels: 'a, b, c and 197 more'."""
    more = len(labels) - MOST_NAMES
    rest = [f"{count(more)} more"] if more > 0 else []
    return listing([*map(name_of, labels[:MOST_NAMES]), *rest])


def shorten(text: str, n: int) -> str:
    """Return a text on one line of at most `n` characters."""
    line = " ".join(text.split())
    return line if len(line) <= n else line[: n - 1].rstrip() + "…"


def _known(number: float | None) -> TypeGuard[float]:
    return number is not None and abs(number) < _LARGEST


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _minus(number: float) -> str:
    return "-" if number < 0 else ""


def _signed(number: float, size: str) -> str:
    if abs(number) < _EXACT * 1e-3:
        return size
    return ("-" if number < 0 else "+") + size


def _bound(share: float | None, suffix: str) -> str:
    if share is not None and math.isinf(share):
        return UNBOUNDED
    return _signed(share, _points_of(share)) + suffix if _known(share) else UNKNOWN


def _percent(share: float) -> str:
    percent = 100 * share
    if share > _EXACT and percent < 0.1:
        return "<0.1"
    if percent > 99.9 and share < 1 - _EXACT:
        return ">99.9"
    return f"{percent + 0.0:.1f}"


def _points_of(share: float) -> str:
    size = abs(100 * share)
    if size >= 1000:
        return f"{size:,.0f}"
    if size < 100 * _EXACT or size >= 0.1:
        return f"{size:.1f}"
    return f"{size:.2f}" if size >= 0.01 else "<0.01"


def _ends(texts: list[str]) -> str:
    """Return a list as it is written, or its beginning, its end and its length."""
    if len(texts) <= _LISTED:
        return f"[{', '.join(texts)}]"
    return f"[{', '.join(texts[:3])}, ..., {texts[-1]}] ({count(len(texts))} values)"


def _significant(size: float) -> float:
    return float(f"{size:.3g}")


def _decimals(size: float) -> int:
    """Return the decimals that show three significant digits of a size."""
    rounded = _significant(size)
    return min(11, max(0, 2 - math.floor(math.log10(rounded)))) if rounded else 0


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {second:02} s"
    hours, minute = divmod(minutes, 60)
    if hours < 48:
        return f"{hours:,} h {minute:02} min"
    days, hour = divmod(hours, 24)
    return f"{days:,} d {hour:02} h"


def _scaled_interval(unit: Unit, low: float | None, high: float | None, *, sign: str) -> str:
    size = max((abs(bound) for bound in (low, high) if _known(bound)), default=0.0)
    scale, suffix, symbol = 1.0, "", ""
    if unit is Unit.MS:
        scale, suffix = (1.0, " ms") if _significant(size) < 1000 else (1000.0, " s")
    if unit is Unit.USD:
        symbol = "$"
    decimals = 1 if unit is Unit.POINTS else _decimals(size / scale)
    bounds = []
    for bound in (low, high):
        if not _known(bound):
            bounds.append(UNKNOWN)
            continue
        shown = f"{symbol}{abs(bound) / scale:,.{decimals}f}"
        bounds.append((_minus(bound) or (sign if bound else "")) + shown)
    return _bracket(bounds, suffix)


def _bracket(bounds: list[str], suffix: str) -> str:
    if bounds in ([UNKNOWN, UNKNOWN], [UNBOUNDED, UNBOUNDED]):
        return bounds[0]
    return f"[{', '.join(bounds)}]{suffix}"
