"""Inspect AI: logs as `.eval` and as JSON."""
