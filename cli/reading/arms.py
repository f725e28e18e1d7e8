"""Loading the arms that a command names: files, stored runs, variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import NO_FAMILY
from cli.reading.results import history_of_file, is_file, run_of
from optimizer.models.errors import SelectionError

if TYPE_CHECKING:
    from cli.session import Session
    from optimizer.history.store import History
    from optimizer.models.cases import LoadedArm
    from optimizer.models.terms import Metric
    from optimizer.pipeline.arms import Wanted
    from optimizer.pipeline.cases import OpenArm

STDIN = "-"

MOST_OPEN = 20
"""Of more files than these, each is read once more when its texts are asked for."""


def loaded_arms(
    selectors: Sequence[str],
    here: Session,
    *,
    metrics: Sequence[Metric] | None,
    workflow: str | None,
) -> list[LoadedArm]:
    """Load the arms as `opened_arms` does, without what is needed for their texts."""
    with opened_arms(selectors, here, metrics=metrics, workflow=workflow) as arms:
        return [arm.loaded for arm in arms]


@contextmanager
def opened_arms(
    selectors: Sequence[str],
    here: Session,
    *,
    metrics: Sequence[Metric] | None,
    workflow: str | None,
    pool: int = 1,
    family: str | None = None,
    outputs: Sequence[Path] | None = None,
    run: str | None = None,
    texts: bool = False,
) -> Iterator[list[OpenArm]]:
    """Load the arms, the files among them first: they tell the workflow that names refer to.

    A file alone stands for all runs in it, or all variants of its only run. It is read once,
    however many arms are in it.

    Args:
        selectors: The arms, the baseline first.
        here: The session.
        metrics: What is to be compared; None: all that was measured.
        workflow: The workflow they must be of; None: any.
        pool: How many of a variant's newest runs are taken together.
        family: What tells the cases that belong together.
        outputs: Files that will be written.
        run: Which run of the last arm's file is meant, where that holds several.
        texts: Whether the texts of cases will be asked for.

    Raises:
        FormatError: A file cannot be read.
        SelectionError: A name means nothing, or more than one thing.
    """
    from optimizer.experiments.amounts import QUANTILES
    from optimizer.pipeline.arms import Wanted

    _require_names(selectors)
    latencies = any(metric in QUANTILES for metric in metrics or ())
    found: dict[int, OpenArm] = {}
    key = None if family == NO_FAMILY else family
    scorer = here.loaded.config.ingest.score
    with _Files(here, outputs, whole=texts or key is not None) as files:
        if len(selectors) == 1 and is_file(selectors[0]):
            selectors, only_run = _parts_of(selectors[0], files)
            if only_run is not None:
                wanted = Wanted(family=key, latencies=latencies, scorer=scorer)
                arms = _every_variant(only_run, selectors, files, wanted)
                for arm in reversed(arms):
                    _require_workflow(arm.loaded, workflow)
                yield arms
                return
        files.keep(selectors, texts=texts)
        order = sorted(range(len(selectors)), key=lambda i: (_is_name(selectors[i]), -i))
        with _Stored(here) as stored:
            for place in order:
                known = next(iter(found.values()), None)
                wanted = Wanted(
                    workflow_id=workflow or (known.loaded.arm.workflow_id if known else None),
                    label=known.loaded.arm.label if known else None,
                    pool=pool,
                    family=key,
                    latencies=latencies,
                    scorer=scorer,
                )
                chosen = run if place == len(selectors) - 1 else None
                found[place] = _opened(selectors[place], stored, files, wanted, run=chosen)
                _require_workflow(found[place].loaded, workflow)
        yield [found[place] for place in range(len(selectors))]


class _Files(AbstractContextManager["_Files"]):
    """The files that arms are in, as histories; those that are needed again stay open."""

    def __init__(self, here: Session, outputs: Sequence[Path] | None, *, whole: bool) -> None:
        from optimizer.history.settings import PayloadPolicy

        payloads = PayloadPolicy.FULL if whole else PayloadPolicy.HASHES
        self._read = partial(history_of_file, here=here, outputs=outputs, payloads=payloads)
        self._stack = ExitStack()
        self._open: dict[str, tuple[History, list[str]]] = {}
        self._kept: set[str] = set()

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def keep(self, selectors: Sequence[str], *, texts: bool) -> None:
        """Tell which arms will be asked for, and whether for their texts."""
        n_arms = Counter(selector.partition("#")[0] for selector in selectors)
        self._kept = {name for name, n in n_arms.items() if n > 1 or name == STDIN}
        if texts and len(n_arms) <= MOST_OPEN:
            self._kept |= set(n_arms)

    @contextmanager
    def history(self, name: str) -> Iterator[tuple[History, list[str]]]:
        """Open a file as a history, with the ids of its runs."""
        if name not in self._kept:
            with self._read(name) as opened:
                yield opened
            return
        if name not in self._open:
            self._open[name] = self._stack.enter_context(self._read(name))
        yield self._open[name]

    @contextmanager
    def texts(self, name: str) -> Iterator[History]:
        """Open a file for the texts in it."""
        with self.history(name) as (history, _):
            yield history


class _Stored(AbstractContextManager["_Stored"]):
    """The history that names refer to, opened once for all arms while they are loaded."""

    def __init__(self, here: Session) -> None:
        from optimizer.history.store import read_history

        self.read = partial(read_history, here.store, lock_timeout_s=here.lock_timeout_s)
        self._stack = ExitStack()
        self._open: History | None = None

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def history(self) -> History:
        """Return the history, open."""
        if self._open is None:
            self._open = self._stack.enter_context(self.read())
        return self._open


def _parts_of(file: str, files: _Files) -> tuple[list[str], str | None]:
    """Return selectors of what can be compared within a file; of variants of a run also the run."""
    from optimizer.history import queries
    from optimizer.pipeline.arms import PART

    if file == STDIN:
        return [file], None
    files.keep([file, file], texts=False)
    with files.history(file) as (history, run_ids):
        if len(run_ids) > 1:
            return [f"{file}{PART}{run_id}" for run_id in run_ids], None
        names = [one.variant_id for one in queries.arms(history, run_ids)]
    if len(names) == 1:
        return [file], None
    return [f"{file}{PART}{name}" for name in names], run_ids[0]


def _every_variant(
    run_id: str, selectors: Sequence[str], files: _Files, wanted: Wanted
) -> list[OpenArm]:
    """Load all variants of the only run of a file at once."""
    from optimizer.pipeline.arms import PART, arms_of_run
    from optimizer.pipeline.cases import OpenArm

    file = selectors[0].rpartition(PART)[0]
    named = {selector.removeprefix(file + PART): selector for selector in reversed(selectors)}
    with files.history(file) as (history, _):
        found = arms_of_run(history, run_id, named, wanted=wanted)
    return [
        OpenArm(
            loaded=replace(one, arm=replace(one.arm, source_path=file)),
            history=partial(files.texts, file),
        )
        for one in reversed(found.values())
    ]


def _opened(
    selector: str, stored: _Stored, files: _Files, wanted: Wanted, *, run: str | None
) -> OpenArm:
    from optimizer.pipeline.arms import PART, arm_of_runs, stored_arm
    from optimizer.pipeline.cases import OpenArm

    name, _, part = selector.partition(PART)
    if not is_file(name):
        loaded = stored_arm(stored.history(), selector, wanted)
        return OpenArm(loaded=loaded, history=stored.read)
    with files.history(name) as (history, run_ids):
        chosen = run_ids if run is None else [run_of(run_ids, run, name)]
        loaded = arm_of_runs(history, chosen, part or None, selector=selector, wanted=wanted)
    told = replace(loaded, arm=replace(loaded.arm, source_path=name))
    return OpenArm(loaded=told, history=partial(files.texts, name))


def _require_names(selectors: Sequence[str]) -> None:
    """Refuse what cannot name arms."""
    names = [selector.partition("#")[0] for selector in selectors]
    if "" in names:
        raise SelectionError(
            f"{selectors[names.index('')]!r}: names no arm, expected a file, a run or a variant"
        )
    if names.count("-") > 1:
        raise SelectionError("-: standard input can be read once, so it is one arm at most")


def _require_workflow(loaded: LoadedArm, workflow: str | None) -> None:
    """Refuse an arm of another workflow than the one asked for."""
    arm = loaded.arm
    if workflow is not None and arm.workflow_id != workflow:
        raise SelectionError(
            f"{arm.selector}: is of workflow {arm.workflow_id!r}, expected {workflow!r}"
        )


def _is_name(selector: str) -> bool:
    return not is_file(selector.partition("#")[0])
