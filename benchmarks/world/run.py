"""Hold the search for better prompts to the truth of planted worlds, beside other searches.

    PYTHONPATH=. python benchmarks/world/run.py [--seeds 200-279] [--null 400] [--axes]

Take other seeds every time, so that nobody tunes on them: 100-179 are those of the published
figures, and 1000 and up are left for a last look that nothing was chosen by. gepa takes part where
it is installed (`prompt-optimizer[gepa]`).
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import Pool

from benchmarks.world.planted import SEED_PROMPT, Axes, Feedback, World
from benchmarks.world.tables import CAVEAT, honesty, kinds, nulls, regrets
from benchmarks.world.trials import ENGINES, Setup, confirmed, tried
from optimizer.prompts.versions.confirming import ConfirmationRefusedError

SKILLS, BUDGETS = (0.3, 0.6, 0.9), (200, 400)
PLAIN = Setup(engine="own", world=0, skill=0.6, budget=400, is_confirmed=True)
PLAIN_WORDS = "Skill 0.6, budget 400"
RIVALS = ("own", "gepa")

AXES: tuple[tuple[str, Axes], ...] = (
    ("plain", Axes()),
    ("rules in pairs", Axes(needs=(1, 3, 3, 3))),
    *((f"noise {noise}", Axes(noise=noise)) for noise in (0.0, 0.1, 0.2)),
    *((f"feedback {told}", Axes(feedback=told)) for told in (Feedback.NONE, Feedback.RULE)),
    *((f"{n} + {n} cases", Axes(n_train=n, n_validation=n)) for n in (8, 40, 100)),
    *((f"drift {drift}", Axes(drift=drift)) for drift in (0.1, 0.3)),
    *((f"flaky {flaky}", Axes(flaky=flaky)) for flaky in (0.1, 0.3)),
    *((f"adversarial {share}", Axes(adversarial=share)) for share in (0.2, 0.5)),
)


def main() -> None:
    """Measure everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="200-279", help="first and last world, both included")
    parser.add_argument("--null", type=int, default=400, help="worlds without effects")
    parser.add_argument("--axes", action="store_true", help="vary one thing at a time as well")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    seeds, engines = range(first, last + 1), engine_names()
    if "gepa" not in engines:
        print("gepa is not installed, so it takes no part: pip install 'prompt-optimizer[gepa]'\n")
    with Pool(options.processes) as pool:
        run = partial(pool.map, tried, chunksize=8)
        show(f"Simple regret, worlds {options.seeds}", regrets(run(plain(seeds, engines)), engines))
        show(f"{PLAIN_WORDS}, 40 held-out cases", honesty(run(held_out(seeds, engines)), engines))
        null = held_out(range(first, first + options.null), engines, Axes(is_null=True))
        show(f"{PLAIN_WORDS}, no edit has any effect", nulls(run(null), engines))
        rivals = [name for name in engines if name in RIVALS]
        if options.axes:
            found = {title: run(held_out(seeds, rivals, axes)) for title, axes in AXES}
            show(f"Simple regret, {PLAIN_WORDS.lower()}, one thing varied", kinds(found, rivals))
    print(f"The prompt against itself: {n_refused(seeds)} of {len(seeds)} refused a confirmation")


def plain(seeds: Iterable[int], engines: Sequence[str]) -> list[Setup]:
    """Return every skill and budget for every engine and world."""
    return [
        Setup(engine=name, world=world, skill=skill, budget=budget)
        for name in engines
        for skill in SKILLS
        for budget in BUDGETS
        for world in seeds
    ]


def held_out(seeds: Iterable[int], engines: Sequence[str], axes: Axes | None = None) -> list[Setup]:
    """Return one skill and budget for every engine and world, with a confirmation."""
    return [
        replace(PLAIN, engine=name, world=world, axes=axes or PLAIN.axes)
        for name in engines
        for world in seeds
    ]


def engine_names() -> list[str]:
    """Return the engines that are here."""
    has_gepa = importlib.util.find_spec("gepa") is not None
    return [engine.name for engine in ENGINES if engine.name != "gepa" or has_gepa]


def n_refused(seeds: Iterable[int]) -> int:
    """Return in how many worlds the seed prompt cannot be confirmed against itself."""
    return sum(is_refused(World(seed)) for seed in seeds)


def is_refused(world: World) -> bool:
    """Tell whether the seed prompt is refused as its own champion."""
    try:
        confirmed(world, SEED_PROMPT)
    except ConfirmationRefusedError:
        return True
    return False


def show(title: str, lines: Iterable[str]) -> None:
    """Print a table."""
    print(title, *lines, CAVEAT, sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
