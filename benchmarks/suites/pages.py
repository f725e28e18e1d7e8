"""Pages and prompts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from measured import Goal, Line, Target, Unit
from timing import Bench, script, seconds_said, turns

BANDITS = ("lin_ucb", "thompson_sampling", "contextual_thompson")


def page(bench: Bench) -> Iterator[Line]:
    """The page of a comparison with texts, against the same comparison without a page."""
    n_cases = 10_000 // bench.share
    argv = ["--cases", str(n_cases), "--rounds", str(bench.rounds)]
    found = json.loads(script("report_size.py", *argv))
    yield Line(
        name="page_bytes",
        what=f"page of a comparison of {n_cases:,} cases with texts",
        ours=(found["bytes"],),
        unit=Unit.BYTES,
        target=Target(goal=Goal.FIGURE, limit=3_000_000),
    )
    yield Line(
        name="page",
        what="writing it, beyond the comparison",
        ours=(found["with_s"] - found["without_s"],),
        target=Target(goal=Goal.FIGURE, limit=2.0),
    )
    seen = found["first_view_ms"]
    yield Line(
        name="first_view",
        what="first view of it in Chromium",
        ours=() if seen is None else (seen / 1000,),
        target=Target(goal=Goal.FIGURE, limit=1.0),
        absent="" if seen is not None else "there is no Chromium",
    )


def prompts(bench: Bench) -> Iterator[Line]:
    """The check of a very long prompt, and the linter against a search for words alone."""
    yield Line(
        name="check",
        what="check of a prompt of 100,000 characters",
        ours=tuple(seconds_said("ours.py", "check", "100000") for _ in range(bench.rounds)),
    )
    n_prompts = 1000 // bench.share

    def each(name: str, what: str) -> float:
        return seconds_said(name, what, str(n_prompts)) / n_prompts

    ours, reference = turns(
        lambda: each("ours.py", "lint"), lambda: each("reference.py", "words"), bench.rounds
    )
    yield Line(
        name="lint",
        what="lint of a prompt of 20,000 characters / finding its words",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=12.0),
    )


def learning(bench: Bench) -> Iterator[Line]:
    """The next setting to try, and a round of a bandit."""
    for n_trials in (20, 100):
        yield Line(
            name=f"suggest_{n_trials}",
            what=f"next trial of three parameters after {n_trials}",
            ours=tuple(
                seconds_said("ours.py", "suggest", str(n_trials)) for _ in range(bench.rounds)
            ),
            target=Target(goal=Goal.FIGURE, limit=0.1),
        )
    n = 100_000 // bench.share
    for algorithm in BANDITS:
        taken = [seconds_said("ours.py", "bandit", algorithm, str(n)) for _ in range(bench.rounds)]
        yield Line(
            name=algorithm,
            what=f"a round of {algorithm}, 10 arms, 16 features",
            ours=tuple(one / n for one in taken),
        )
