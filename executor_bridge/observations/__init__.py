"""Rows of Langfuse as tasks: what they say, and what belongs together."""
