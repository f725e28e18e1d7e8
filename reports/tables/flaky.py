"""How reliable variants are, as rows: each variant, and each case that repeats disagree on."""

from __future__ import annotations

from optimizer.models.data_tables import DataColumn, DataTable, number, text, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.flakiness import Flakiness, FlakyCase, VariantFlakiness


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flaky:
    variant: VariantFlakiness
    case: FlakyCase


VARIANT: tuple[DataColumn, ...] = (
    text("variant"),
    text("variant_id"),
    whole("n_runs", lambda one: len(one.run_ids)),
    whole("n_cases"),
    whole("n_repeated"),
    whole("n_tasks"),
    whole("n_errors"),
    whole("n_cached"),
    whole("fewest_repeats"),
    whole("most_repeats"),
    number("pass_rate"),
    number("flake_rate"),
    number("flake_low"),
    number("flake_high"),
    number("level"),
    whole("n_flaky"),
    number("icc"),
    number("between_variance"),
    number("within_variance"),
    whole("k"),
    number("pass_at_k"),
    number("pass_hat_k"),
    whole("n_k"),
)
CASE: tuple[DataColumn, ...] = (
    text("variant", "variant.variant"),
    text("variant_id", "variant.variant_id"),
    text("case_id", "case.case_id"),
    whole("n", "case.n"),
    whole("n_passed", "case.n_passed"),
    number("noise_share", "case.noise_share"),
)


def flaky_tables(found: Flakiness) -> tuple[DataTable, ...]:
    """Return the variants of a workflow, and their flaky cases."""
    cases = [_Flaky(variant=one, case=case) for one in found.variants for case in one.flaky]
    return (DataTable("variants", VARIANT, found.variants), DataTable("cases", CASE, cases))
