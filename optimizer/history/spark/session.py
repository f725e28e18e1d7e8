"""A session of Spark in which queries mean what they mean to DuckDB, and which knows the program.

The workers need Python with the dependencies of this program, pandas and pyarrow, at the versions
of the machine that asks; the program itself is sent to them.
"""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

import optimizer
from optimizer.history.spark.functions import teach
from optimizer.models.errors import HistoryError

AS_DUCKDB = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.functionResolution.sessionOrder": "first",
}
"""Settings without which a query would mean something else."""

QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
STDERR = 2
SENT = ("*.py", "*.sql")
"""The files of the program that workers need."""


@contextmanager
def spark_session(
    master: str, *, python: str, settings: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """Start a session, and stop it at the end.

    Args:
        master: Where the cluster is: spark://HOST:PORT, or local[N].
        python: The Python of the workers.
        settings: More settings of Spark; others come from its spark-defaults.conf.

    Raises:
        HistoryError: There is no Java, or no such cluster.
    """
    with TemporaryDirectory(prefix="optimizer-spark-") as folder:
        session = _started(master, Path(folder), dict(settings or {}))
        try:
            session.sparkContext.pythonExec = python
            session.sparkContext.addPyFile(str(_program(Path(folder))))
            teach(session)
            yield session
        except (PySparkException, Py4JError) as error:
            raise trouble(master, error) from error
        finally:
            session.stop()


def trouble(master: str, error: Exception) -> HistoryError:
    """Say in our words what Spark could not do."""
    return HistoryError(
        f"{master}: Spark failed: {_said(str(error))}",
        hint="Spark needs Java 17, a cluster of its own version, and workers with the Python "
        "packages of this machine; see docs/spark.md.",
    )


def _started(master: str, folder: Path, settings: Mapping[str, str]) -> SparkSession:
    warehouse = {"spark.sql.warehouse.dir": str(folder / "warehouse")}
    wanted = {**QUIET, **warehouse, **settings, **AS_DUCKDB}
    builder = SparkSession.builder.master(master).appName("optimizer")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    try:
        with _said_to(folder / "said.txt"):
            return builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise trouble(master, error) from error


@contextmanager
def _said_to(file: Path) -> Iterator[None]:
    """Let Java, which is started here, say to a file what it would say on stderr."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
    said, own = os.open(file, os.O_WRONLY | os.O_CREAT), os.dup(STDERR)
    try:
        os.dup2(said, STDERR)
        yield
    finally:
        os.dup2(own, STDERR)
        os.close(own)
        os.close(said)


def _program(folder: Path) -> Path:
    """Write the program's package into a file that Python imports from."""
    root = Path(optimizer.__file__).parent
    file = folder / "optimizer.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for pattern in SENT:
            for path in sorted(root.rglob(pattern)):
                archive.write(path, path.relative_to(root.parent))
    return file


def _said(text: str) -> str:
    """Return what an error says first, and behind a colon what it says last of a worker's error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else "for no reason that it tells"
    worker = [line for line in lines if line.startswith(("_duckdb.", "optimizer.", "pyspark."))]
    return f"{first} {worker[-1]}" if first.endswith(":") and worker else first
