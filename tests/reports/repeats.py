from __future__ import annotations

from functools import partial
from typing import Any

from optimizer.models.flakiness import Flakiness, FlakyCase, VariantFlakiness
from reports.gallery.flaky import flaky


def variant(label: str, **more: Any) -> VariantFlakiness:
    facts: dict[str, Any] = {
        "variant": label,
        "variant_id": "0123456789abcdef",
        "run_ids": (f"sentiment-{label}",),
        "level": 0.95,
        "k": 3,
    }
    return VariantFlakiness(**(facts | more))


FLAKY = variant(
    "few_shot",
    n_cases=60,
    n_repeated=58,
    n_tasks=178,
    n_errors=2,
    n_cached=4,
    fewest_repeats=1,
    most_repeats=4,
    pass_rate=0.7417,
    flake_rate=0.3167,
    flake_low=0.2131,
    flake_high=0.4423,
    n_flaky=3,
    icc=0.182,
    between_variance=0.0352,
    within_variance=0.1583,
    pass_at_k=0.92,
    pass_hat_k=0.55,
    n_k=40,
    flaky=(
        FlakyCase(case_id="review-008", n_passed=2, n=4, noise_share=0.5),
        FlakyCase(case_id="review-009", n_passed=3, n=4, noise_share=0.375),
        FlakyCase(case_id="review-012", n_passed=1, n=2, noise_share=0.125),
    ),
)
STEADY = variant(
    "clear",
    n_cases=60,
    n_repeated=60,
    n_tasks=120,
    fewest_repeats=2,
    most_repeats=2,
    pass_rate=1.0,
    flake_rate=0.0,
    flake_low=0.0,
    flake_high=0.06,
)
ONCE = variant("vague", n_cases=60, n_tasks=60, fewest_repeats=1, most_repeats=1, pass_rate=0.5)


def flakiness(*variants: VariantFlakiness, **more: Any) -> Flakiness:
    facts: dict[str, Any] = {
        "workflow_id": "sentiment",
        "variants": variants,
        "n_shared": 0,
        "always_passed": (),
        "always_failed": (),
    }
    return Flakiness(**(facts | more))


CASES = {
    "flaky": (
        partial(flaky, limit=2),
        (
            flakiness(
                FLAKY,
                STEADY,
                ONCE,
                variant("broken"),
                n_shared=60,
                always_passed=("review-001", "review-002", "review-004"),
                always_failed=("review-003",),
            ),
        ),
    ),
    "flaky-empty": (partial(flaky, limit=2), (flakiness(),)),
    "flaky-once": (partial(flaky, limit=2), (flakiness(ONCE),)),
    "flaky-steady": (partial(flaky, limit=2), (flakiness(STEADY, ONCE),)),
}
