"""Names beside marks, where they meet neither marks nor each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.charts.base import CHAR_WIDTH, Palette, Spec, labels_of, layer, width_of

MOST_NAMES = 12
"""Marks whose names are written; pointing at the others tells theirs."""

SIDES = (("left", 9, 0), ("right", -9, 0), ("left", 7, -14), ("left", 7, 14), ("right", -7, -14))
"""Where the name of a mark may stand: how aligned, and how many pixels aside and below."""

LINE_HEIGHT = 15
MARK_SIZE = 6
"""Pixels from the middle of a mark to its edge."""


class Box(NamedTuple):
    """A part of the area, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Tell whether both cover the same place."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def names(
    labels: Sequence[str],
    places: Sequence[tuple[float, float]],
    order: Sequence[int],
    room: tuple[float, Sequence[Box]],
    palette: Palette,
) -> list[Spec]:
    """Return the names of marks.

    Args:
        labels: The name of each mark.
        places: Where each mark is, in pixels from the left and from the top.
        order: Which marks come first where there is no room for all.
        room: Width of the area, and what no name may cover.
        palette: The colours.
    """
    width, obstacles = room
    size = MARK_SIZE
    taken = [*(Box(x - size, y - size, x + size, y + size) for x, y in places), *obstacles]
    shown = labels_of(labels)
    written: dict[str, list[Spec]] = {"left": [], "right": []}
    for i in order[:MOST_NAMES]:
        (x, y), length = places[i], width_of([shown[i]]) + CHAR_WIDTH
        for align, aside, below in SIDES:
            start = x + aside if align == "left" else x + aside - length
            top = y + below - LINE_HEIGHT / 2
            box = Box(start, top, start + length, top + LINE_HEIGHT)
            if box.left >= 0 and box.right <= width and not any(map(box.meets, taken)):
                taken.append(box)
                written[align].append({"at": x + aside, "top": y + below, "name": shown[i]})
                break
    at = {"type": "quantitative", "scale": None, "axis": None}
    return [
        layer(
            {"type": "text", "align": align, "color": palette.ink},
            rows,
            x={"field": "at", **at},
            y={"field": "top", **at},
            text={"field": "name", "type": "nominal"},
        )
        for align, rows in written.items()
    ]
