"""The look ledger: what a look at the data may spend of the false-alarm rate.

Looks at the same cases, metric and pair of variants share one alpha, whoever looks and however
often. A group-sequential ledger lets look k at n_k of n_max cases spend the part of alpha that
the spending function allows, less what the bounds used before have spent; the look that reaches
n_max spends what is left, at the n it really has, and is the last. An anytime ledger claims the
whole at its first look and holds at every one.

The same data are no new look, and looking again costs nothing. More repeats of the same cases
are no new information to it. Several candidates share alpha evenly (Bonferroni): each has a
ledger of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.experiments import ExperimentDesign, Look, Standing
from optimizer.models.terms import Looks, VerdictKind
from optimizer.stats.spending import Spending, next_bound, spent

LEAST_ALPHA = 1e-9
"""A look that may spend less than this can claim nothing worth its place in the ledger."""

CLAIMS = frozenset({VerdictKind.IMPROVED, VerdictKind.REGRESSED})
"""Verdicts that say that there is a difference."""

ROOT_TWO = math.sqrt(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """Whether the present data are a look, and what it may spend.

    Attributes:
        standing: Whether they are.
        text: The same in a sentence.
        known: The look at the same data, where there was one; else the last look, or None.
        n_max: Cases that are planned, as the first look registered them.
        fraction: As in `Look`; None unless this is a new look.
        z_bound: As in `Look`.
        alpha_k: As in `Look`; 0 unless this is a new look.
        alpha_spent: As in `Look`.
    """

    standing: Standing
    text: str
    known: Look | None
    n_max: int
    fraction: float | None = None
    z_bound: float | None = None
    alpha_k: float = 0.0
    alpha_spent: float = 0.0


def entitlement(
    design: ExperimentDesign,
    earlier: Sequence[Look],
    *,
    n: int,
    data_sha256: str,
    alpha: float,
    final: bool = False,
) -> Entitlement:
    """Return what a look at `n` cases may spend.

    Args:
        design: The plan.
        earlier: Looks of the same ledger, oldest first.
        n: Cases that both arms completed.
        data_sha256: Hash over the runs.
        alpha: What this ledger may spend in all, two-sided.
        final: Whether no look will follow, for a reason that is not in the data.
    """
    n_max = earlier[0].n_max if earlier else design.n_max
    same = next((look for look in reversed(earlier) if look.data_sha256 == data_sha256), None)
    if same is not None:
        text = f"the same data were looked at before, at {same.n} cases; nothing is spent"
        return Entitlement(standing=Standing.KNOWN, text=text, known=same, n_max=n_max)
    last = earlier[-1] if earlier else None
    refused = _refusal(design, last, n=n, n_max=n_max, final=final)
    if refused is not None:
        return Entitlement(standing=refused[0], text=refused[1], known=last, n_max=n_max)
    if design.looks is Looks.OPEN:
        text = f"look {len(earlier) + 1}, valid at any time: p must be below {alpha:.3g}"
        return Entitlement(
            standing=Standing.NEW,
            text=text,
            known=last,
            n_max=n_max,
            alpha_k=alpha,
            alpha_spent=alpha,
        )
    return _planned(design.looks, earlier, n=n, n_max=n_max, alpha=alpha, final=final)


def is_claim(look: Look) -> bool:
    """Return whether a look found a difference."""
    return look.verdict in CLAIMS


def _refusal(
    design: ExperimentDesign, last: Look | None, *, n: int, n_max: int, final: bool
) -> tuple[Standing, str] | None:
    """Return why the present data are no look, or None where they are one."""
    if last is not None and (last.z_bound is None) != (design.looks is Looks.OPEN):
        return Standing.OVERRUN, "these cases were looked at under another rule; run fresh cases"
    if last is not None and last.fraction is not None and last.fraction >= 1:
        return Standing.OVERRUN, (
            f"the last look was at {last.n} of {n_max} planned cases; {n} claim nothing more: "
            "plan a new experiment on fresh cases"
        )
    if n < design.min_cases:
        return Standing.WAITING, f"{n} of {design.min_cases} cases needed for the first look"
    if design.single_look and n < n_max and not final:
        return Standing.WAITING, f"{n} of {n_max} cases: there is one look, at the end"
    if last is not None and n <= last.n:
        return Standing.WAITING, f"{n} cases, no more than at the last look, which stands"
    return None


def _planned(
    spending: Looks,
    earlier: Sequence[Look],
    *,
    n: int,
    n_max: int,
    alpha: float,
    final: bool,
) -> Entitlement:
    """Return what a group-sequential look may spend."""
    last = earlier[-1] if earlier else None
    final = final or n >= n_max
    times = [look.n / (n if final else n_max) for look in earlier]
    bounds = [look.z_bound for look in earlier if look.z_bound is not None]
    t = 1.0 if final else n / n_max
    bound = next_bound(times, bounds, t, alpha=alpha, spending=_named(spending))
    alpha_k = math.erfc(bound / ROOT_TWO)
    if alpha_k < LEAST_ALPHA:
        text = f"{n} of {n_max} planned cases: a look this early may spend next to nothing"
        return Entitlement(standing=Standing.WAITING, text=text, known=last, n_max=n_max)
    before = last.alpha_spent if last else 0.0
    so_far = alpha if final else spent(t, alpha=alpha, spending=_named(spending))
    return Entitlement(
        standing=Standing.NEW,
        text=(
            f"look {len(earlier) + 1}{', the last,' if final else ''} at {n} of {n_max} planned "
            f"cases: |z| must reach {bound:.3f} (p {alpha_k:.3g})"
        ),
        known=last,
        n_max=n_max,
        fraction=t,
        z_bound=bound,
        alpha_k=alpha_k,
        alpha_spent=max(before, so_far),
    )


def _named(looks: Looks) -> Spending:
    return "pocock" if looks is Looks.POCOCK else "obf"
