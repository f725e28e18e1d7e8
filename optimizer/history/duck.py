"""DuckDB as the history uses it: its engine without the rest of its Python package.

The package `duckdb` re-exports the extension module `_duckdb` and adds relations, a metadata
lookup and adapters that no query of ours touches. Importing them takes longer than most queries;
the classes are the same, so what others make with `duckdb` fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import (
        CatalogException,
        ConstraintException,
        ConversionException,
        DuckDBPyConnection,
        Error,
        IOException,
        OutOfMemoryException,
        connect,
    )
else:
    try:
        import _duckdb as engine
    except ImportError:  # a build that keeps its engine elsewhere
        import duckdb as engine
    CatalogException = engine.CatalogException
    ConstraintException = engine.ConstraintException
    ConversionException = engine.ConversionException
    DuckDBPyConnection = engine.DuckDBPyConnection
    Error = engine.Error
    IOException = engine.IOException
    OutOfMemoryException = engine.OutOfMemoryException
    connect = engine.connect

__all__ = [
    "CatalogException",
    "ConstraintException",
    "ConversionException",
    "DuckDBPyConnection",
    "Error",
    "IOException",
    "OutOfMemoryException",
    "connect",
    "set_up_arrow",
]


def set_up_arrow() -> None:
    """Let the engine read columns in Arrow's layout, which takes the rest of the package."""
    import duckdb  # noqa: F401, PLC0415 - start-up time
