"""What is raised inside where an answer of a language model cannot be used."""

from __future__ import annotations


class Useless(Exception):  # noqa: N818 - said of an answer, not a fault of ours
    """An answer that makes no draft; says why, in a sentence."""
