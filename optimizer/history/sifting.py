"""What was rebuilt held against what was stored, and the better of the two kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from optimizer.history.recording import TABLES_OF_RUNS
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRun:
    """A run that its file tells otherwise now than it is stored.

    Attributes:
        run_id: The run.
        path: Its file, or None where its name was not kept.
        source_sha256: The hash of the file.
        tables: The tables whose rows differ.
    """

    run_id: str
    path: str | None
    source_sha256: str
    tables: tuple[str, ...]


def restore_provenance(history: History) -> None:
    """Give rebuilt runs what is not in their files: when they came in, and from which job of CI."""
    history.connection.execute(
        """
        UPDATE fresh.runs SET
            ingested_at = stored.ingested_at,
            git_sha = stored.git_sha,
            branch = stored.branch,
            pull_request = stored.pull_request,
            metadata = CASE
                WHEN json_extract(stored.metadata, '$.ci') IS NOT NULL THEN stored.metadata
                ELSE fresh.runs.metadata
            END
        FROM history.runs AS stored
        WHERE stored.run_id = fresh.runs.run_id
        """
    )


def differing(history: History, damaged: Collection[str]) -> list[DifferingRun]:
    """Return the runs whose rows are not those that are stored, as far as these can be read."""
    tables = dict[str, list[str]]()
    for table in TABLES_OF_RUNS:
        if table not in damaged:
            for run_id in _differing_in(history, table):
                tables.setdefault(run_id, []).append(table)
    rows = history.connection.execute(
        "SELECT run_id, min(path), min(source_sha256) FROM history.runs "
        "LEFT JOIN history.sources USING (source_sha256) "
        "WHERE list_contains(CAST($run_ids AS VARCHAR[]), run_id) GROUP BY run_id ORDER BY run_id",
        {"run_ids": list(tables)},
    ).fetchall()
    return [
        DifferingRun(run_id=run_id, path=path, source_sha256=sha256, tables=tuple(tables[run_id]))
        for run_id, path, sha256 in rows
    ]


def _differing_in(history: History, table: str) -> list[str]:
    columns = history.connection.execute(
        "SELECT string_agg(column_name, ', ' ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = 'fresh' AND table_name = $table",
        {"table": table},
    ).fetchall()[0][0]

    def hashed(database: str) -> str:
        return (
            f"SELECT run_id, bit_xor(hash({columns})) AS content, count(*) AS n "
            f"FROM {database}.{table} GROUP BY run_id"
        )

    rows = history.connection.execute(
        f"SELECT run_id FROM ({hashed('history')}) AS stored "
        f"FULL JOIN ({hashed('fresh')}) AS made USING (run_id) "
        "WHERE (stored.content IS DISTINCT FROM made.content OR stored.n IS DISTINCT FROM made.n) "
        "AND run_id IN (SELECT run_id FROM fresh.runs) ORDER BY run_id"
    ).fetchall()
    return [run_id for (run_id,) in rows]


def carry_over(history: History, run_ids: Sequence[str], damaged: Collection[str]) -> None:
    """Take runs as they are stored.

    Raises:
        HistoryError: A table that they need cannot be read.
    """
    if not run_ids:
        return
    lost = sorted(set(TABLES_OF_RUNS) & set(damaged))
    if lost:
        raise HistoryError(
            f"run {run_ids[0]}: table {lost[0]} cannot be read, and its file cannot be read again, "
            f"expected one of the two ({len(run_ids):,} runs are so)",
            hint="Run 'optimizer store import EXPORT --store NEW' on a backup.",
        )
    for table in TABLES_OF_RUNS:
        chosen = "list_contains(CAST($run_ids AS VARCHAR[]), run_id)"
        told = {"run_ids": list(run_ids)}
        history.connection.execute(f"DELETE FROM fresh.{table} WHERE {chosen}", told)
        history.connection.execute(
            f"INSERT INTO fresh.{table} BY NAME SELECT * FROM history.{table} WHERE {chosen} "
            "ORDER BY rowid",
            told,
        )


def unite(history: History, table: str, key: str) -> None:
    """Take the rows of a table as they are stored, and of the rebuilt ones those that it lacks."""
    run = history.connection.execute
    run(
        f"CREATE OR REPLACE TEMP TABLE lacking AS SELECT * FROM fresh.{table} "
        f"ANTI JOIN history.{table} USING ({key})"
    )
    run(f"DELETE FROM fresh.{table}")
    run(f"INSERT INTO fresh.{table} BY NAME SELECT * FROM history.{table} ORDER BY rowid")
    run(f"INSERT INTO fresh.{table} BY NAME SELECT * FROM temp.main.lacking")
