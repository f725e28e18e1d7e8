"""Which spans of a trace make up a task, and which of them are the calls that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from executor_bridge.tracing.steps import Step


class Task(NamedTuple):
    """The spans of one task.

    Attributes:
        tops: Those that nothing of the task stands above; several where that one is not in the
            file.
        steps: All of them, from the top down.
        calls: The calls of the system to models that count, in order of time.
        judging: The calls of those who graded.
    """

    tops: tuple[Step, ...]
    steps: tuple[Step, ...]
    calls: tuple[Step, ...]
    judging: tuple[Step, ...]


class Trace:
    """The spans of one trace as a tree.

    Attributes:
        roots: Those whose span above is not in the file.
        n_repeated: How many spans stand in the file more than once.
        n_circular: How many stand above themselves, and are left out.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        """Take the spans in any order."""
        self._steps = {step.span_id: step for step in steps}
        self._below: dict[str, list[Step]] = defaultdict(list)
        self.roots: list[Step] = []
        for step in sorted(self._steps.values(), key=lambda step: step.start_ns or 0):
            is_below = step.parent_id in self._steps
            (self._below[step.parent_id or ""] if is_below else self.roots).append(step)
        self.n_repeated = len(steps) - len(self._steps)
        self.n_circular = len(self._steps) - sum(1 for _ in self._down(self.roots))

    def step(self, span_id: str | None) -> Step | None:
        """Return a span by its id; without one, the only root."""
        if span_id:
            return self._steps.get(span_id)
        return self.roots[0] if len(self.roots) == 1 else None

    def tasks_by_case(self) -> Iterator[Task]:
        """Yield what lies below the spans that name a case, each up to the next that does."""
        owners: dict[str, list[Step]] = {}
        tops: dict[object, list[Step]] = defaultdict(list)
        members: dict[int, list[Step]] = {}
        for step in self._down(self.roots):
            above = owners.get(step.parent_id or "")
            if step.names.case_id and (above is None or not step.names.may_be_of(above[0].names)):
                above = tops[_occasion(step, is_root=step.parent_id not in self._steps)]
                above.append(step)
                members.setdefault(id(above), [])
            if above is not None:
                owners[step.span_id] = above
                members[id(above)].append(step)
        for found in tops.values():
            yield self._task(found, members[id(found)])

    def tasks_by_root(self) -> Iterator[Task]:
        """Yield what lies below each root, where that calls a model."""
        for root in self.roots:
            task = self._task([root], list(self._down([root])))
            if task.calls:
                yield task

    def below(self, span_id: str | None) -> Task:
        """Return a span with what lies below it as a task; the whole trace without one."""
        top = self._steps.get(span_id or "")
        tops = self.roots if top is None else [top]
        return self._task(tops, list(self._down(tops)))

    def _down(self, roots: Iterable[Step]) -> Iterator[Step]:
        """Yield spans and all below them, from the top down."""
        level = list(roots)
        while level:
            yield from level
            level = [below for step in level for below in self._below.get(step.span_id, ())]

    def _task(self, tops: list[Step], steps: list[Step]) -> Task:
        """Return a task with the calls that count: the lowest spans that tell tokens or a price.

        Spans above tell the sum of those below once more.
        """
        leaves: dict[str, list[Step]] = {}
        judging: list[Step] = []
        for step in reversed(steps):
            lower = self._below.get(step.span_id, ())
            found = [leaf for one in lower for leaf in leaves.get(one.span_id, ())]
            if step.call and not any(leaf.call and leaf.call.has_usage for leaf in found):
                found = [step] if step.call.has_usage or not found else found
            if step.is_judge:
                judging += found
                found = []
            leaves[step.span_id] = found
        calls = [leaf for top in tops for leaf in leaves[top.span_id]]
        calls.sort(key=lambda step: step.start_ns or 0)
        return Task(tuple(tops), tuple(steps), tuple(calls), tuple(judging))


def _occasion(step: Step, *, is_root: bool) -> object:
    """Return what tells tasks of a trace apart.

    Spans of one case below the same span of their own process, which is not in the file, are one
    task: a test runner names the case on every span.
    """
    if is_root and step.parent_id and not step.has_remote_parent:
        names = step.names
        return names.case_id, names.repeat, names.run_id, names.variant, step.parent_id
    return step.span_id
