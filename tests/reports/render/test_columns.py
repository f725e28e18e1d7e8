from __future__ import annotations

from reports.render.columns import fit, fold


def test_columns_stand_closer_before_a_line_is_broken():
    rows = [("run", "started"), ("nightly-08", "2026-03-09 12:00")]
    assert fit(rows, (False, False), 28) == ([10, 16], 2)
    assert fit(rows, (False, False), 27) == ([10, 16], 1)


def test_neither_a_date_nor_a_bar_is_ever_broken():
    for text in ("2026-03-09", "┈┈━━╋━┈", "<━┿━>", "┈●┈┈"):
        assert fold(f"{text} {text}", len(text)) == [text, text]
        found = fit([("a", "b"), (text, "other words of some length")], (False, False), 14)
        assert found is None or found[0][0] >= len(text)


def test_a_word_breaks_between_its_parts_before_it_breaks_inside_one():
    rows = [("metric", "n", "verdict"), ("latency_p95", "123456", "inconclusive")]
    widths, _ = fit(rows, (False, True, False), 28)
    assert widths[2] == len("inconclusive")
