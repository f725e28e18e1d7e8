"""Lakes: what they hold, what was compacted, published and answered."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from optimizer.models.lakes import Compaction, LakeAnswer, LakeStatus, StorePublished
from reports.gallery.lake_answer import lake_answer
from reports.gallery.lake_compaction import lake_compaction
from reports.gallery.lake_status import lake_status
from reports.gallery.store_published import store_published

LAKE = "s3://tests/lake"
EMPTY = LakeStatus(
    lake=LAKE,
    n_runs=0,
    n_tasks=0,
    n_decisions=0,
    first_day=None,
    last_day=None,
    n_days=0,
    n_files=0,
    n_bytes=0,
    n_mergeable=0,
    n_unread=0,
    n_leftovers=0,
    n_other=0,
)
FULL = LakeStatus(
    lake=LAKE,
    n_runs=10_250,
    n_tasks=1_240_000,
    n_decisions=12,
    first_day="2026-02-01",
    last_day="2026-03-01",
    n_days=29,
    n_files=82_410,
    n_bytes=901_000_000,
    n_mergeable=3,
    n_unread=250,
    n_leftovers=8,
    n_other=1,
)
COMPACTED = Compaction(
    lake=LAKE, n_days=3, n_merged=250, n_removed=1800, n_leftovers=8, n_waiting=12
)
NOTHING = Compaction(lake=LAKE, n_days=0, n_merged=0, n_removed=0, n_leftovers=0, n_waiting=0)
PUBLISHED = StorePublished(lake=LAKE, n_runs=12, n_decisions=2, n_unchanged=30, conflicts=())
CONFLICT = StorePublished(
    lake=LAKE, n_runs=0, n_decisions=0, n_unchanged=41, conflicts=("nightly-7",)
)
KNOWN = StorePublished(lake=LAKE, n_runs=0, n_decisions=0, n_unchanged=42, conflicts=())
AT = "2026-03-01T12:00:00Z"
ANSWER = LakeAnswer(
    columns=("workflow_id", "n_runs", "pass_rate", "pairable", "last_started_at"),
    types=("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP"),
    rows=(("sentiment", 1240, 0.712, True, AT), ("triage <b>", 3, None, False, None)),
)
NO_ROWS = replace(ANSWER, rows=())
MANY_ROWS = replace(ANSWER, rows=tuple((f"wf-{n}", n, 0.5, True, AT) for n in range(103)))

asked = partial(lake_answer, question="runs")

CASES = {
    "lake_status": (lake_status, (FULL,)),
    "lake_status-empty": (lake_status, (EMPTY,)),
    "lake_compaction": (lake_compaction, (COMPACTED,)),
    "lake_compaction-empty": (lake_compaction, (NOTHING,)),
    "store_published": (store_published, (PUBLISHED,)),
    "store_published-conflict": (store_published, (CONFLICT,)),
    "store_published-empty": (store_published, (KNOWN,)),
    "lake_answer": (asked, (ANSWER,)),
    "lake_answer-empty": (asked, (NO_ROWS,)),
    "lake_answer-many": (asked, (MANY_ROWS,)),
}
