"""A lake, opened with the engine that the command line names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli import typer
from cli.options import EngineName

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.history.engines import SparkEngine
    from optimizer.history.lake import Days
    from optimizer.history.store import History

PYTHON = "PYSPARK_PYTHON"
"""The variable by which Spark is told the Python of its workers."""


@contextmanager
def opened_lake(
    lake: Path, days: Days, engine: EngineName, master: str | None
) -> Iterator[History]:
    """Open a lake as a history that is only read."""
    from optimizer.history.lake import open_lake

    if engine is EngineName.SPARK:
        with opened_on_spark(lake, master, days) as (history, _):
            yield history
    elif master is not None:
        raise typer.BadParameter("expected --engine spark", param_hint="--master")
    else:
        with open_lake(lake, days) as history:
            yield history


@contextmanager
def opened_on_spark(
    lake: Path | None, master: str | None, days: Days | None = None
) -> Iterator[tuple[History, SparkEngine]]:
    """Open a lake as a history that a Spark cluster answers for."""
    from optimizer.history.engines import spark_engine

    if lake is None:
        raise typer.BadParameter("--engine spark reads a lake, expected --lake")
    if master is None:
        raise typer.BadParameter("--engine spark asks a cluster, expected --master")
    python = os.environ.get(PYTHON, sys.executable)
    with spark_engine(lake, master=master, python=python, days=days) as opened:
        yield opened
