"""What fields of a test may be, whatever file they stand in."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

MAX_COUNT = 10**12
"""No test has more tokens or attempts; sums over millions of tests must still be exact."""

MAX_AMOUNT = 1e12
"""No test takes more seconds or dollars; means and their spread must stay finite."""

Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Amount = Annotated[float, Meta(ge=0, le=MAX_AMOUNT)]
Rate = Annotated[float, Meta(ge=0, le=1)]
Scenario = Literal["normal", "boundary", "error", "custom"]
