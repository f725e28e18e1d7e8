"""Transforms of a prompt text that leave everything but prose alone, or do nothing at all."""

from __future__ import annotations

from optimizer.promptcheck.transforms.base import Transform
from optimizer.promptcheck.transforms.contract import OutputContract
from optimizer.promptcheck.transforms.counterexample import Counterexample
from optimizer.promptcheck.transforms.delimiters import Delimiters
from optimizer.promptcheck.transforms.duplicates import Duplicates
from optimizer.promptcheck.transforms.examples import Examples
from optimizer.promptcheck.transforms.filler import Filler
from optimizer.promptcheck.transforms.order import Order
from optimizer.promptcheck.transforms.overload import Overload
from optimizer.promptcheck.transforms.questions import VagueWords
from optimizer.promptcheck.transforms.repetition import Repetition
from optimizer.promptcheck.transforms.sections import Sections
from optimizer.promptcheck.transforms.verbose import Verbose
from optimizer.promptcheck.transforms.whitespace import Whitespace

TRANSFORMS: tuple[type[Transform], ...] = (
    Whitespace,
    Duplicates,
    Verbose,
    Filler,
    Delimiters,
    Sections,
    OutputContract,
    VagueWords,
    Order,
    Examples,
    Counterexample,
    Repetition,
    Overload,
)
"""Every transform, R01 to R13."""
