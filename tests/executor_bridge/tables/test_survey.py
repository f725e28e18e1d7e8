from __future__ import annotations

from executor_bridge.lenient import Skipped
from executor_bridge.tables.choosing import chosen
from executor_bridge.tables.survey import Survey
from executor_bridge.tables.table import table_of
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source

SETTINGS = IngestSettings()


def survey(content, *, kept_rows):
    source = Source(
        path="t.csv", sha256="0" * 64, n_bytes=len(content), content=content, n_redacted=0
    )
    table = table_of(source, SETTINGS)
    choice = chosen(source, table.columns, SETTINGS)
    return Survey(source, table, choice, SETTINGS, kept_rows=kept_rows)


def test_long_tables_are_read_again_for_each_run():
    rows = [f"c{row // 2},{row % 3 / 2},m{row % 2}" for row in range(60)]
    content = "\n".join(["case_id,score,model", *rows, "bad"]).encode()
    long, short = survey(content, kept_rows=10), survey(content, kept_rows=100)
    assert list(long.groups) == list(short.groups)
    for key in short.groups:
        assert isinstance(short.outcomes(key), list)
        again = long.outcomes(key)
        assert not isinstance(again, list)
        assert list(again) == list(again) == short.outcomes(key)
    assert len(long.skipped.faults) == 1
    assert isinstance(long.skipped, Skipped)
