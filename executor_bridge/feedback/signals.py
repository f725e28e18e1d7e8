"""What a user's word is worth: ratings, thumbs, retries and rewards as numbers from 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from executor_bridge.amounts import number
from executor_bridge.feedback.events import BadFieldError, Event
from executor_bridge.json_text import shown
from optimizer.models.feedback import FeedbackKind, Scale

STARS = Scale(low=1, high=5)
"""The scale of ratings that carry none, where all of them are whole numbers on it."""

UNIT = Scale(low=0, high=1)
PAIR = 2
FROM_ZERO = frozenset({1.0, 10.0, 100.0})
"""Tops of scales that begin at 0 where only the top is told; others begin at 1."""

UPS = frozenset({"up", "true", "yes", "1", "+1", "1.0", "👍", "thumbs_up", "thumbsup", "like"})
DOWNS = frozenset(
    {"down", "false", "no", "-1", "-1.0", "👎", "thumbs_down", "thumbsdown", "dislike"}
)
TRUE = frozenset({"true", "yes", "1", "1.0"})
FALSE = frozenset({"false", "no", "0", "0.0"})
THUMBS = "up or down, true or false, 1 or -1 (0 could mean down or neither)"

FIELDS: tuple[tuple[FeedbackKind, tuple[str, ...]], ...] = (
    (FeedbackKind.RATING, ("rating",)),
    (FeedbackKind.THUMB, ("thumbs", "thumb", "thumbs_up")),
    (FeedbackKind.RETRY, ("retry", "retried")),
    (FeedbackKind.REWARD, ("reward", "composite_reward")),
    (FeedbackKind.OTHER, ("score",)),
)
"""The fields that say something, by what they say."""

METRIC = "metric"
HINTED = ("rating", "thumb", "retry", "reward", "score")
"""What the name of an event may tell of the field `value`."""

RANGE = re.compile(r"\s*(?P<low>-?[\d.]+)\s*(?:-|:|\.\.|/|to)\s*(?P<high>-?[\d.]+)\s*")


def signals(event: Event, unscaled: Scale) -> tuple[tuple[FeedbackKind, float | None], ...]:
    """Return what an event says, each kind with its value.

    Args:
        event: The event.
        unscaled: The scale of a rating that carries none.

    Raises:
        BadFieldError: A value is none, off its scale, or of no known meaning.
    """
    told = named_value(event)
    found = tuple((kind, _value(kind, name, told, unscaled)) for kind, name in _present(told))
    if found:
        return found
    if _is_metric(event):
        return ((FeedbackKind.METRIC, None),)
    if "reward" in event.hint.lower():
        return ((FeedbackKind.REWARD, _user_part(told)),)
    if event.is_wrapped or told.get("comment"):
        return ((FeedbackKind.OTHER, None),)
    if "value" in told:
        raise BadFieldError("value", shown(told["value"]), "a kind beside it: rating, thumb, ...")
    raise BadFieldError("row", "nothing said", "rating, thumbs, retry, reward, score or comment")


def named_value(event: Event) -> Mapping[str, Any]:
    """Return the fields of an event; a bare `value` also by the name the event gives it."""
    told, hint = event.fields, event.hint.lower()
    name = next((name for name in HINTED if name in hint), None)
    if (
        name is None
        or METRIC in hint
        or told.get("value") is None
        or any(True for _ in _present(told))
    ):
        return told
    return {**told, name: told["value"]}


def unscaled_rating(told: Mapping[str, Any]) -> float | None:
    """Return the rating of a row that carries no scale, None where there is none to read."""
    if told.get("rating") in (None, ""):
        return None
    is_scaled = any(told.get(name) not in (None, "") for name in ("rating_max", "scale"))
    return None if is_scaled else _number(told["rating"])


def parsed_scale(text: str) -> Scale | None:
    """Return the scale that a text such as `0:10` or `1-5` tells, None where it tells none."""
    match = RANGE.fullmatch(text)
    if match is None:
        return None
    low, high = _number(match["low"]), _number(match["high"])
    return (
        Scale(low=low, high=high) if low is not None and high is not None and low < high else None
    )


def _present(told: Mapping[str, Any]) -> Iterator[tuple[FeedbackKind, str]]:
    """Yield the kinds that a row has, with the first field of each."""
    for kind, names in FIELDS:
        for name in names:
            if told.get(name) not in (None, ""):
                yield kind, name
                break


def _value(kind: FeedbackKind, name: str, told: Mapping[str, Any], unscaled: Scale) -> float:
    if kind is FeedbackKind.THUMB:
        return _either(name, told[name], UPS, DOWNS, THUMBS)
    if kind is FeedbackKind.RETRY:
        return 1 - _either(name, told[name], TRUE, FALSE, "true or false")
    own = _own_scale(name, told)
    scale = own or (unscaled if kind is FeedbackKind.RATING else UNIT)
    mark = _number(told[name])
    if mark is None or not scale.low <= mark <= scale.high:
        off = "a number" if own or kind is FeedbackKind.RATING else "without a scale a number"
        expected = f"{off} from {scale.low:g} to {scale.high:g}"
        raise BadFieldError(name, shown(told[name]), expected)
    return scale.share(mark)


def _either(name: str, value: Any, yes: frozenset[str], no: frozenset[str], expected: str) -> float:
    said = str(value).strip().lower()
    if said in yes:
        return 1.0
    if said in no:
        return 0.0
    raise BadFieldError(name, shown(value), expected)


def _own_scale(name: str, told: Mapping[str, Any]) -> Scale | None:
    """Return the scale that a row gives one of its marks.

    Raises:
        BadFieldError: What stands there is no scale.
    """
    top = told.get(f"{name}_max")
    if top not in (None, ""):
        high, low = _number(top), _number(told.get(f"{name}_min"))
        return _checked(f"{name}_max", top, low, high)
    scale = told.get("scale")
    if scale in (None, ""):
        return None
    if isinstance(scale, list):
        ends = [_number(end) for end in scale]
        is_pair = len(ends) == PAIR and None not in ends
        return _checked("scale", scale, *(ends if is_pair else (None, None)))
    if isinstance(scale, str) and (found := parsed_scale(scale)):
        return found
    return _checked("scale", scale, None, _number(scale))


def _checked(field: str, told: Any, low: float | None, high: float | None) -> Scale:
    if high is not None and low is None:
        low = 0.0 if high in FROM_ZERO else 1.0
    if low is None or high is None or low >= high:
        raise BadFieldError(field, shown(told), "a scale such as 1-5, or its top")
    return Scale(low=low, high=high)


def _is_metric(event: Event) -> bool:
    named = {"name", "value"} <= event.fields.keys()
    return named or (METRIC in event.hint.lower() and "value" in event.fields)


def _user_part(told: Mapping[str, Any]) -> float | None:
    """Return the user's part of a reward that is told in parts, which is already from 0 to 1.

    Raises:
        BadFieldError: It is no such number.
    """
    part = told.get("user_feedback")
    if part is None:
        return None
    found = _number(part)
    if found is None or not 0 <= found <= 1:
        raise BadFieldError("user_feedback", shown(part), "a number from 0 to 1")
    return found


def _number(value: Any) -> float | None:
    """Return a finite number, also where it is written as text."""
    if not isinstance(value, str):
        return number(value)
    try:
        return number(float(value))
    except ValueError:
        return None
