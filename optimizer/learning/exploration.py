"""How much a bandit should explore, told by replaying the log with several settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from optimizer.learning.logged import Replay, replayed
from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    from optimizer.learning.bandits import Bandit
    from optimizer.learning.logged import Rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One setting and how the bandit with it would have done.

    Attributes:
        setting: Its value.
        replay: What the replay gave.
    """

    setting: float
    replay: Replay


def tuned(
    settings: Sequence[float],
    make: Callable[[float], Bandit],
    rounds: Rounds,
    *,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[Tried, ...]:
    """Return every setting with its replayed reward, the best first.

    The reward of the best of several is too high as an estimate of what it will earn: it was
    chosen for it. Of settings that earned the same, the first given is the better.

    Args:
        settings: Values to try.
        make: Returns a bandit that has learned nothing, by the value.
        rounds: In order of time, all with a propensity.
        seed: As for `replayed`.
        level: Confidence level of the intervals, 0 to 1.

    Raises:
        ValueError: As `replayed`.
    """
    tried = [
        Tried(setting=setting, replay=replayed(make(setting), rounds, seed=seed, level=level))
        for setting in settings
    ]
    return tuple(sorted(tried, key=_rank))


def _rank(tried: Tried) -> float:
    reward = tried.replay.reward
    return math.inf if math.isnan(reward) else -reward
