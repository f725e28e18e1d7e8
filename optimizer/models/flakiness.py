"""How reliable variants are when the same case is run again."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyCase:
    """A case that passed in some repeats and failed in others.

    Attributes:
        case_id: The case.
        n_passed: Repeats that passed.
        n: Repeats.
        noise_share: Its part of the noise that repeats leave in the pass rate, 0 to 1.
    """

    case_id: str
    n_passed: int
    n: int
    noise_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFlakiness:
    """What the repeats of one variant say. Timeouts and errors count as failures.

    Attributes:
        variant: Its label.
        variant_id: Its identity.
        run_ids: The runs that were taken together, oldest first.
        level: Level of the interval of the flake rate, 0 to 1.
        k: How many repeats pass@k and pass^k look at.
        n_cases: Cases that were completed.
        n_repeated: Those completed at least twice; only they tell of noise.
        n_tasks: Completed tasks.
        n_errors: Those that timed out or errored.
        n_cached: Those that a cache answered, which repeats nothing.
        fewest_repeats: Repeats of the case that has the fewest; 0 where there is no case.
        most_repeats: Repeats of the case that has the most.
        pass_rate: Mean pass rate of the cases, 0 to 1; None without cases.
        flake_rate: Chance that two repeats of a case disagree, 0 to 1; None without repeats.
        flake_low: Lower bound; None where one case is all there is.
        flake_high: Upper bound, likewise.
        n_flaky: Cases that passed in some repeats and failed in others.
        icc: Correlation of two repeats of one case, at most 1; None where nothing varies or no
            case was repeated.
        between_variance: Variance of the cases' pass rates among each other, noise taken out;
            None as icc.
        within_variance: Variance of single repeats around their case's rate; None as icc.
        pass_at_k: Chance that at least one of k repeats passes; None where no case has k.
        pass_hat_k: Chance that all of k repeats pass; None likewise.
        n_k: Cases with at least k repeats, which the two are of.
        flaky: The flaky cases, the noisiest first.
    """

    variant: str
    variant_id: str
    run_ids: tuple[str, ...]
    level: float
    k: int
    n_cases: int = 0
    n_repeated: int = 0
    n_tasks: int = 0
    n_errors: int = 0
    n_cached: int = 0
    fewest_repeats: int = 0
    most_repeats: int = 0
    pass_rate: float | None = None
    flake_rate: float | None = None
    flake_low: float | None = None
    flake_high: float | None = None
    n_flaky: int = 0
    icc: float | None = None
    between_variance: float | None = None
    within_variance: float | None = None
    pass_at_k: float | None = None
    pass_hat_k: float | None = None
    n_k: int = 0
    flaky: tuple[FlakyCase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flakiness:
    """What the repeats of a workflow's variants say.

    Attributes:
        workflow_id: The workflow.
        variants: Each of its variants, most recently run first.
        n_shared: Cases that every variant completed, of those that completed any.
        always_passed: Those of them that passed in every repeat of every variant.
        always_failed: Those of them that failed in every repeat of every variant.
    """

    workflow_id: str
    variants: tuple[VariantFlakiness, ...]
    n_shared: int
    always_passed: tuple[str, ...]
    always_failed: tuple[str, ...]
