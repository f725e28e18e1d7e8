"""Langfuse: experiment items, observations and traces."""
