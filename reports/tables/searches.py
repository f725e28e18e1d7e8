"""An optimization as rows: the prompts that were tested, and the drafts that were turned down."""

from __future__ import annotations

from optimizer.models.data_tables import DataColumn, DataTable, number, text, whole
from optimizer.models.optimization_run import OptimizationRun

CANDIDATE: tuple[DataColumn, ...] = (
    text("prompt_sha256", "sha256"),
    text("parent_sha256"),
    text("proposer", "draft.proposer"),
    text("why", "draft.why"),
    whole("n"),
    whole("n_passed"),
    number("pass_rate", lambda one: one.pass_rate if one.n else None),
    text("text"),
)
REFUSED: tuple[DataColumn, ...] = (
    text("proposer", "draft.proposer"),
    text("why", "draft.why"),
    text("reason"),
    text("text", "draft.text"),
)


def search_tables(run: OptimizationRun) -> tuple[DataTable, ...]:
    """Return what was tested on the validation cases, and what was not worth testing."""
    found = run.searched
    return (
        DataTable("candidates", CANDIDATE, found.candidates if found else ()),
        DataTable("refused", REFUSED, found.refused if found else ()),
    )
