"""Lets `python -m cli` work."""

from cli.main import program

program()
