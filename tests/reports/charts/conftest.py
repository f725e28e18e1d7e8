from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

import pytest

from optimizer.models.rules import Unit
from reports.charts.drawn import page_svg
from reports.drawings import (
    Calibration,
    Counts,
    Distribution,
    Drawing,
    Event,
    Flip,
    Flips,
    Forest,
    Front,
    History,
    Interval,
    Point,
    Prediction,
    Scale,
    Series,
    Spot,
)
from reports.tones import Tone


def of_every_kind(text: str, n: int, number: float | None) -> dict[str, Drawing]:
    some = 0.1 if number is None else number
    return {
        "history": History(
            text,
            text,
            Unit.MS,
            text,
            text,
            tuple(
                Series(
                    f"{text}{k}", tuple(Point(i, number, text, number, number) for i in range(n))
                )
                for k in range(2)
            ),
            tuple(Event(i, text, text, Tone.BAD) for i in range(n)),
        ),
        "forest": Forest(
            text,
            text,
            tuple(
                Interval(text, Scale.POINTS, True, number, number, number, text, Tone.GOOD, number)
                for _ in range(n)
            ),
        ),
        "flips": Flips(text, text, tuple(Flip(text, 1, 2, 3) for _ in range(n)), text),
        "front": Front(
            text,
            text,
            text,
            text,
            Unit.USD,
            Unit.RATE,
            tuple(Spot(text, number, number, text, True, i == 0, number, number) for i in range(n)),
        ),
        "distribution": Distribution(
            text, text, Unit.MS, (1.0, 10.0, 100.0), tuple(Counts(text, (1, 2)) for _ in range(n))
        ),
        "calibration": Calibration(
            text,
            text,
            Scale.PERCENT,
            tuple(
                Prediction(text, some, number, text, Tone.WARN, number, number, number, number)
                for _ in range(n)
            ),
        ),
    }


KINDS = tuple(of_every_kind("t", 1, 0.1))
NO_NUMBERS = (None, math.nan, math.inf, -math.inf, 1e308)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chart(kind: str) -> Callable[..., Drawing]:
    return lambda text="t", n=3, number=0.1: of_every_kind(text, n, number)[kind]


@pytest.fixture
def drawn() -> Callable[[Drawing], Element]:
    def draw(drawing: Drawing) -> Element:
        text = page_svg(drawing)
        assert text is not None
        return fromstring(text)

    return draw


@pytest.fixture
def titles(drawn: Callable[[Drawing], Element]) -> Callable[[Drawing], list[str]]:
    return lambda drawing: [one.text or "" for one in drawn(drawing).iter("title")]
