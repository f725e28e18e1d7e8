"""Completion: what a shell offers for a command line."""
