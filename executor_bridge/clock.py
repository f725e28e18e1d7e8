"""Times of a file, as UTC: a time without a zone gets the assumed one."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from executor_bridge.json_text import shown
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import REFUSE
from optimizer.models.tasks import Source

FIRST_YEAR = 2000
LAST_YEAR = 2099


class UnusableTimeError(ValueError):
    """A time that cannot be what was meant."""


class Clock:
    """Turns times into UTC and counts those that carried no zone.

    Attributes:
        zone_name: The zone assumed, or `refuse`.
        n_naive: How many times carried no zone so far.
    """

    def __init__(self, zone_name: str) -> None:
        """Take the zone of times that carry none."""
        self.zone_name = zone_name
        self.n_naive = 0
        self._zone = _zone(zone_name)

    def utc(self, time: datetime) -> datetime:
        """Return a time as UTC.

        Raises:
            UnusableTimeError: It is absurd, or carries no zone where that is refused.
        """
        if not FIRST_YEAR <= time.year <= LAST_YEAR:
            raise UnusableTimeError(f"a time from {FIRST_YEAR} to {LAST_YEAR}")
        if time.tzinfo is None:
            self.n_naive += 1
            if self._zone is None:
                raise UnusableTimeError("a time with its zone, such as 2026-03-01T12:00:00Z")
            time = time.replace(tzinfo=self._zone)
        return time.astimezone(UTC)


def of_epoch(seconds: float | None) -> datetime | None:
    """Return seconds since 1970 as a time, None where they cannot be what was meant."""
    try:
        found = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def told_time(text: str, clock: Clock, source: Source, *, place: str) -> datetime | None:
    """Return a time in ISO 8601 as UTC, None where it is none that can be.

    Args:
        text: The time.
        clock: Knows the zone of times that carry none.
        source: The file, for messages.
        place: Where in the file the time stands, for messages.

    Raises:
        FormatError: It carries no zone, and that is refused.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return clock.utc(time)
    except UnusableTimeError as error:
        if time.tzinfo is None and clock.zone_name == REFUSE:
            fault = Fault(place=place, found=shown(text), expected=str(error))
            raise FormatError(source.path, (fault,)) from error
        return None


def _zone(name: str) -> tzinfo | None:
    """Return the zone of that name, None for `refuse`."""
    if name == REFUSE:
        return None
    return UTC if name == "UTC" else ZoneInfo(name)
