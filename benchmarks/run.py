"""Print one table: how fast and how large, beside a reference measured in the same run.

    python benchmarks/run.py [--rounds 5] [--quick] [--only NAME] [--history FILE]

Ours and the reference take turns, and the ratio is taken pair by pair, so that a machine that
slows down meanwhile does not favour either. `--quick` takes a tenth of the data. The run is added
to the history and held against the run before it; exit 1 where a line is slower beyond doubt.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from kept import append, verdict
from measured import Line, table
from suites import deciding, growing, ingest, instead, lakes, pages, upkeep
from timing import HERE, Bench

SUITES: tuple[Callable[[Bench], Iterator[Line]], ...] = (
    ingest.rates,
    ingest.promptfoo,
    ingest.memory,
    ingest.inspect_log,
    deciding.version,
    deciding.decide,
    deciding.large,
    deciding.built,
    deciding.cycle,
    deciding.decide_all,
    deciding.compare,
    deciding.verdict,
    growing.others,
    upkeep.compaction,
    lakes.rates,
    instead.notebook,
    instead.notebook_again,
    instead.promptfoo_export,
    pages.page,
    pages.prompts,
    pages.learning,
    ingest.redaction,
)


def main() -> int:
    """Measure, print the table, keep it, and say whether something became slower."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", help="part of the name of a suite; repeatable")
    parser.add_argument("--history", type=Path, default=HERE.parent / ".bench" / "history.jsonl")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder=Path(folder), rounds=options.rounds, share=share)
        lines = list(measured(bench, options.only or [""]))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {options.rounds} rounds\n")
    print(table(lines))
    append(options.history, lines, options.rounds, share)
    said = verdict(options.history)
    print(f"\n{said}")
    return 1 if "SLOWER" in said else 0


def measured(bench: Bench, wanted: list[str]) -> Iterator[Line]:
    """Take every measurement that is wanted, and say on stderr which is being taken."""
    for suite in SUITES:
        name = f"{suite.__module__.rpartition('.')[2]}.{suite.__name__}"
        if any(part in name for part in wanted):
            print(f"measuring {name}", file=sys.stderr)
            yield from suite(bench)


if __name__ == "__main__":
    sys.exit(main())
