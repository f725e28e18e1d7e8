"""Asking Apache Spark: its session, the tables of a lake in it, what it is taught of DuckDB.

Only what is asked of Spark loads these modules: they need the extra `spark`.
"""
