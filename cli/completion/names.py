"""Names that a command line can be completed with: of the history, and of the program itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.models.errors import OptimizerError

if TYPE_CHECKING:
    from optimizer.history.store import History

Names = Iterable[tuple[str, str]]
"""What can be said, each with what it is; the latter may be empty."""

MOST = 200
"""Names from the history that are offered."""

NO_PATIENCE_S = 0.0
"""A key was pressed: nobody waits for another process."""


def workflows(words: Sequence[str], current: str) -> Names:
    """Return the workflows in the history."""
    return _asked(words, _workflows)


def runs(words: Sequence[str], current: str) -> Names:
    """Return the newest runs, and what stands for the newest."""
    return [("latest", "the newest run"), *_asked(words, _runs)]


def runs_or_files(words: Sequence[str], current: str) -> Names:
    """Return the newest runs and the files here that begin so."""
    folder, slash, _ = current.rpartition("/")
    place = Path(folder + slash) if slash else Path()
    here = sorted(place.iterdir()) if place.is_dir() else []
    names = [f"{folder}{slash}{path.name}{'/' * path.is_dir()}" for path in here[:MOST]]
    shown = [name for name in names if current or not name.startswith(".")]
    return [*runs(words, current), *((name, "") for name in shown)]


def decisions(words: Sequence[str], current: str) -> Names:
    """Return the newest decisions, and what stands for the newest."""
    return [("latest", "the newest decision"), *_asked(words, _decisions)]


def experiments(words: Sequence[str], current: str) -> Names:
    """Return the experiments."""
    return _asked(words, _experiments)


def rules(words: Sequence[str], current: str) -> Names:
    """Return the rules of the linter, behind those that are named already."""
    from optimizer.promptcheck.lint.rules import RULES

    return _listed(current, [(rule.rule_id, rule.page.name) for rule in RULES])


def strategies(words: Sequence[str], current: str) -> Names:
    """Return the strategies of `decide`."""
    from optimizer.strategies import STRATEGIES

    return [(one.name, "") for one in STRATEGIES]


def formats(words: Sequence[str], current: str) -> Names:
    """Return the formats of result files."""
    from executor_bridge.detect import BRIDGES

    return [(one.name, "") for one in BRIDGES]


def kernels(words: Sequence[str], current: str) -> Names:
    """Return the statistical methods."""
    from optimizer.stats.catalogue import KERNELS

    return [(name, family) for family, names in KERNELS.items() for name in names]


def metrics(words: Sequence[str], current: str) -> Names:
    """Return the metrics, behind those that are named already."""
    from optimizer.models.terms import Metric

    return _listed(current, [(one.value, "") for one in Metric])


def settings(words: Sequence[str], current: str) -> Names:
    """Return the keys of the settings."""
    from optimizer.config.tree import DEFAULTS, keys

    return [(f"{'.'.join(one.path)}=", one.description) for one in keys(DEFAULTS)]


Finder = Callable[[Sequence[str], str], Names]

FINDERS: Mapping[str, Finder] = {
    "workflow": workflows,
    "power history": workflows,
    "run": runs,
    "analyze file": runs_or_files,
    "gate file": runs_or_files,
    "compare arms": runs_or_files,
    "decision": decisions,
    "experiment experiment": experiments,
    "rule": rules,
    "select": rules,
    "ignore": rules,
    "decide strategy": strategies,
    "strategies name": strategies,
    "bridge": formats,
    "formats name": formats,
    "stats method": kernels,
    "compare metric": metrics,
    "windows metric": metrics,
    "set_": settings,
}
"""Who knows the values of a parameter, by its command and name or by its name alone."""


def _listed(current: str, names: Sequence[tuple[str, str]]) -> Names:
    """Return names as they continue a list with commas."""
    head, comma, _ = current.rpartition(",")
    return [(f"{head}{comma}{name}", what) for name, what in names]


def _asked(words: Sequence[str], ask: Callable[[History], Names]) -> list[tuple[str, str]]:
    """Ask the history; where there is none, or it cannot be read now, nothing is known."""
    from optimizer.history.store import read_history

    store = _store(words)
    if store is None:
        return []
    with (
        suppress(OptimizerError, OSError, ValueError),
        read_history(store, lock_timeout_s=NO_PATIENCE_S) as history,
    ):
        return list(ask(history))[:MOST]
    return []


def _store(words: Sequence[str]) -> Path | None:
    """Return the history that the command line means, where there is one."""
    from optimizer.history.location import locate

    said = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "--store"]
    named = said[-1] if said else os.environ.get("OPTIMIZER_STORE")
    path = Path(named) if named else locate(Path.cwd())
    return path if path.is_file() else None


def _workflows(history: History) -> Names:
    from optimizer.history import queries

    return [(one.workflow_id, "") for one in queries.workflows(history)]


def _runs(history: History) -> Names:
    from optimizer.history import queries

    found = queries.runs(history, limit=MOST)
    return [(one.run_id, f"{one.workflow_id} {one.variant or ''}".strip()) for one in found]


def _decisions(history: History) -> Names:
    from optimizer.history import queries

    found = queries.decisions(history, limit=MOST)
    return [(one.decision_id, one.workflow_id) for one in found]


def _experiments(history: History) -> Names:
    from optimizer.history import queries

    designs = [one.design for one in queries.experiments(history)]
    return [(one.experiment_id, one.workflow_id) for one in designs]
