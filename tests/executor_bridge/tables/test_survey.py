from __future__ import annotations

import io

from executor_bridge.tables.survey import KEPT_ROWS


def test_long_tables_are_read_again_for_each_run(native):
    n = KEPT_ROWS + 2
    text = io.StringIO("case_id,score,model\n")
    text.seek(0, io.SEEK_END)
    text.writelines(f"c{row // 2},{row % 3 / 2},m{row % 2}\n" for row in range(n))
    runs = native.reading(text.getvalue().encode()).runs
    assert [run.header.n_tasks for run in runs] == [n // 2, n // 2]
    for run in runs:
        assert not isinstance(run.tasks, list)
        first, again = (sum(row.status == "failed" for row in run.tasks) for _ in range(2))
        assert first == again
        assert abs(first - n / 3) < 2
