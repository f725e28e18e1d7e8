"""Continuous integration: where a command runs, and what it leaves there."""
