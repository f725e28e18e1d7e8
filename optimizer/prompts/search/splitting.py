"""Which cases are for what: by a stable hash, the same shares of every scenario.

Within a scenario cases are ordered by a hash of their name; the first are held out, the next
validate, the rest train. The order of the file and the seed of a search decide nothing. A case
more moves at most its neighbours at the two borders, and from the held-out ones only to
validation: none that proposers have seen comes to be held out by it, unless the shares themselves
jump, as they do where the cases become `many_cases`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, Split
from optimizer.models.tasks import text_sha256
from optimizer.prompts.settings import OptimizeSettings

OF_MANY = Fraction(3, 7)
"""Share of validation in what is not held out, of many cases: 40 / 30 / 30."""

OF_FEW = Fraction(2, 7)
"""The same of few: 50 / 20 / 30."""

NAMES = frozenset({"id", "case_id", "task_id", "name", "description"})
"""Fields of a case that name it and are no part of what it tests."""

FEWEST_UNITS = 3
"""One for each part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """Cases that must stay together."""

    key: str
    scenario: str
    cases: tuple[Case, ...]

    @property
    def rank(self) -> tuple[str, str]:
        return (text_sha256(self.key), self.key)


def split(
    cases: Sequence[Case],
    *,
    settings: OptimizeSettings,
    holdout: float | None = None,
    known_ids: frozenset[str] = frozenset(),
) -> Split:
    """Return the parts; all of them empty, with the reason, where there are too few cases.

    Cases of one family, and cases that test the same under two names, stay together.

    Args:
        cases: All there are.
        settings: Bounds and shares.
        holdout: Share to hold out instead of the settings'.
        known_ids: Cases whose content is in a prompt: they and their families train.
    """
    n = len(cases)
    if n < settings.min_cases:
        return _nothing(
            f"not enough tests to search: {n} of {settings.min_cases} cases; drafts only"
        )
    units = _units(cases)
    known = [unit for unit in units if any(case.case_id in known_ids for case in unit.cases)]
    fresh = [unit for unit in units if unit not in known]
    if len(fresh) < FEWEST_UNITS:
        return _nothing(
            f"not enough tests to search: the {n} cases hold {len(fresh)} of {FEWEST_UNITS} "
            "groups that are independent of each other and of the prompt; drafts only"
        )
    share = Fraction(settings.holdout if holdout is None else holdout).limit_denominator(1000)
    of_rest = OF_MANY if n >= settings.many_cases else OF_FEW
    held, rest = _taken(fresh, share, keep=FEWEST_UNITS - 1)
    validation, train = _taken(rest, of_rest, keep=1)
    return _described(n, [*train, *known], validation, held, n_known=len(known))


def _nothing(reason: str) -> Split:
    return Split(train=(), validation=(), holdout=(), reason=reason)


def _described(
    n: int, train: list[_Unit], validation: list[_Unit], held: list[_Unit], *, n_known: int
) -> Split:
    parts = [_cases(units) for units in (train, validation, held)]
    scenarios = sorted({case.scenario for part in parts for case in part})
    of = f" of {len(scenarios)} scenarios" if len(scenarios) > 1 else ""
    seen = f"; {n_known} train because the prompt shows them" if n_known else ""
    sizes = [len(part) for part in parts]
    return Split(
        train=parts[0],
        validation=parts[1],
        holdout=parts[2],
        reason=f"{n} cases{of}: {sizes[0]} train, {sizes[1]} validate, {sizes[2]} held out{seen}",
    )


def _cases(units: Iterable[_Unit]) -> tuple[Case, ...]:
    """Return the cases in an order that is the same whatever the order of the file."""
    cases = [case for unit in units for case in unit.cases]
    return tuple(sorted(cases, key=lambda case: (text_sha256(case.case_id), case.case_id)))


def _taken(
    units: Sequence[_Unit], share: Fraction, *, keep: int
) -> tuple[list[_Unit], list[_Unit]]:
    """Return about a share of the cases of every scenario, and the rest of at least `keep`."""
    strata: dict[str, list[_Unit]] = defaultdict(list)
    for unit in sorted(units, key=lambda unit: unit.rank):
        strata[unit.scenario].append(unit)
    quotas = _quotas({name: _size(members) for name, members in strata.items()}, share)
    taken: list[_Unit] = []
    for name in sorted(strata):
        n = 0
        for unit in strata[name]:
            if 2 * (quotas[name] - n) < len(unit.cases) or len(taken) == len(units) - keep:
                break
            taken.append(unit)
            n += len(unit.cases)
    taken = taken or [min(units, key=lambda unit: (len(unit.cases), unit.rank))]
    return taken, [unit for unit in units if unit not in taken]


def _quotas(sizes: Mapping[str, int], share: Fraction) -> dict[str, int]:
    """Return how many cases of each scenario are due, by largest remainder."""
    exact = {name: size * share for name, size in sizes.items()}
    quotas = {name: int(due) for name, due in exact.items()}
    n_left = round(sum(exact.values())) - sum(quotas.values())
    by_remainder = sorted(exact, key=lambda name: (quotas[name] - exact[name], name))
    return {name: quotas[name] + (name in by_remainder[:n_left]) for name in quotas}


def _size(units: Iterable[_Unit]) -> int:
    return sum(len(unit.cases) for unit in units)


def _units(cases: Iterable[Case]) -> list[_Unit]:
    """Return the cases in groups that stay together."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda case: case.case_id):
        groups[_group(case)].append(case)
    return [
        _Unit(
            key=name if name.startswith("family ") else members[0].case_id,
            scenario=members[0].scenario,
            cases=tuple(members),
        )
        for name, members in groups.items()
    ]


def _group(case: Case) -> str:
    """Return the family of a case, or else a name for what it tests."""
    if case.family:
        return f"family {case.family}"
    if not case.fields:
        return f"content {case.body}"
    tested = {key: value for key, value in case.fields.items() if key not in NAMES}
    return f"content {json.dumps(tested, sort_keys=True)}" if tested else f"case {case.case_id}"
