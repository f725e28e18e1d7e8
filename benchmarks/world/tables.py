"""What many trials say together: rows of text, with intervals by the product's own statistics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from benchmarks.world.trials import Trial
from optimizer.stats.intervals import clopper_pearson
from optimizer.stats.means import paired_t
from optimizer.stats.results import Difference

CAVEAT = "Simulated proposers say nothing about real LLM skill."
OURS = "own"


def regrets(trials: Sequence[Trial], engines: Sequence[str]) -> Iterator[str]:
    """Yield simple regret by skill and budget, and over all."""
    found = {
        f"{skill} skill, {budget}": [
            t for t in trials if (t.setup.skill, t.setup.budget) == (skill, budget)
        ]
        for skill, budget in sorted({(t.setup.skill, t.setup.budget) for t in trials})
    }
    yield from kinds(found | {"all": trials}, engines)


def kinds(found: Mapping[str, Sequence[Trial]], engines: Sequence[str]) -> Iterator[str]:
    """Yield simple regret by kind of world, and what others regret more than ours, in pairs."""
    others = [name for name in engines if name != OURS]
    head = "".join(f"{name:>11}" for name in engines)
    yield f"{'':>16}{head}" + "".join(f"{f'{other} - {OURS}':>20}" for other in others)
    for kind, trials in found.items():
        by = {name: _of(trials, name) for name in engines}
        means = "".join(f"{fmean(t.regret for t in by[name]):11.3f}" for name in engines)
        gaps = "".join(f"{_gap(by[other], by[OURS]):>20}" for other in others)
        yield f"{kind:>16}{means}{gaps}"


def honesty(trials: Sequence[Trial], engines: Sequence[str]) -> Iterator[str]:
    """Yield how far reported numbers are from the truth, before and after confirmation."""
    yield (
        f"{'engine':>11} {'reported-true':>14} {'promoted':>10} {'held-out-true':>14} "
        f"{'gain-true':>10} {'lost var':>9} {'growth':>7} {'overdrawn':>9}"
    )
    for name in engines:
        here = _of(trials, name)
        kept = [t for t in here if t.is_promotable]
        yield (
            f"{name:>11} {fmean(t.reported - t.truth for t in here):+14.3f} "
            f"{f'{len(kept)} of {len(here)}':>10} {_mean_of(held_out_errors(kept)):>14} "
            f"{_mean_of(gain_errors(kept)):>10} {sum(t.is_variable_lost for t in here):9d} "
            f"{fmean(t.growth for t in here):6.1f}x {sum(t.n_overdrawn for t in here):9d}"
        )


def nulls(trials: Sequence[Trial], engines: Sequence[str]) -> Iterator[str]:
    """Yield what was claimed, and promoted, where no edit has any effect."""
    yield f"{'engine':>11} {'changed':>12} {'reported gain':>14} {'promoted':>12} {'95 %':>16}"
    for name in engines:
        here = _of(trials, name)
        changed, promoted = (
            sum(t.is_changed for t in here),
            sum(t.is_promotable is True for t in here),
        )
        rate = clopper_pearson(promoted, len(here))
        yield (
            f"{name:>11} {f'{changed} of {len(here)}':>12} "
            f"{100 * fmean(t.reported - t.seed_reported for t in here):+11.1f} pt "
            f"{f'{promoted} of {len(here)}':>12} {f'{rate.low:.1%} to {rate.high:.1%}':>16}"
        )


def regret_gap(theirs: Sequence[Trial], ours: Sequence[Trial]) -> Difference:
    """Return by how much others regret more than we do, world by world."""
    pairs = zip(_by_world(theirs), _by_world(ours), strict=True)
    return paired_t([round(their - our, 12) for their, our in pairs])


def held_out_errors(trials: Sequence[Trial]) -> list[float]:
    """Return the held-out pass rate of each champion, minus the truth."""
    return [t.confirmed - t.truth for t in trials if t.confirmed is not None]


def gain_errors(trials: Sequence[Trial]) -> list[float]:
    """Return the held-out gain of each champion, minus the true one."""
    return [t.confirmed_gain - t.gain for t in trials if t.confirmed_gain is not None]


def _of(trials: Sequence[Trial], engine: str) -> list[Trial]:
    return [t for t in trials if t.setup.engine == engine]


def _gap(theirs: Sequence[Trial], ours: Sequence[Trial]) -> str:
    gap = regret_gap(theirs, ours)
    return f"{gap.estimate:+.3f} +- {gap.high - gap.estimate:.3f}"


def _by_world(trials: Sequence[Trial]) -> list[float]:
    regrets: dict[int, list[float]] = defaultdict(list)
    for trial in trials:
        regrets[trial.setup.world].append(trial.regret)
    return [fmean(regrets[world]) for world in sorted(regrets)]


def _mean_of(values: Sequence[float]) -> str:
    return f"{fmean(values):+.3f}" if values else "-"
