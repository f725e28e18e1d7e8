from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from optimizer.history.batches import Batches
from optimizer.history.moments import moments

FIRST, LAST = datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59, 999_999)
IN_UTC = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
ELSEWHERE = st.datetimes(FIRST, LAST, timezones=st.just(timezone(timedelta(hours=-5, minutes=-30))))
WHOLE = IN_UTC.map(lambda time: time.replace(microsecond=0))
TENTH = datetime(2026, 3, 1, 12, 0, 0, 100_000, UTC)


def stored(values: list[datetime | None]) -> list[datetime | None]:
    columns = Batches([{"found": moments(values)}])
    with duckdb.connect() as connection:
        found = connection.execute("SELECT found FROM columns").fetchall()
    columns.close()
    return [None if time is None else time.replace(tzinfo=UTC) for (time,) in found]


@given(
    st.lists(IN_UTC, min_size=1)
    | st.lists(WHOLE, min_size=1)
    | st.lists(st.none() | WHOLE | IN_UTC | ELSEWHERE, min_size=1)
)
@example([TENTH, TENTH.replace(microsecond=0), TENTH])
@example([TENTH, None])
def test_times_come_out_as_they_went_in(values: list[datetime | None]) -> None:
    assert stored(values) == values
