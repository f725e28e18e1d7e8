"""Traces of requests: which columns mean what, and their rows as requests in order of time."""

from executor_bridge.traces.reading import read_trace

__all__ = ["read_trace"]
