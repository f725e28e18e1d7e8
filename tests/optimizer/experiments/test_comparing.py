from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.experiments.comparing import compare
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import LoadedArm
from optimizer.models.terms import Metric, Scope, VerdictKind
from optimizer.models.verdicts import Comparison, ComparisonSet, MetricVerdict

Build = Callable[..., LoadedArm]
Flips = Callable[..., tuple[LoadedArm, LoadedArm]]
SETTINGS = ComparisonSettings()


def one(first: LoadedArm, second: LoadedArm, **options: object) -> Comparison:
    found: ComparisonSet = compare(first, [second], settings=SETTINGS, **options)  # type: ignore[arg-type]
    return found.comparisons[0]


def codes(comparison: Comparison) -> list[str]:
    return [finding.code for finding in comparison.findings]


def verdict(comparison: Comparison, metric: Metric) -> MetricVerdict:
    return next(found for found in comparison.metrics if found.metric is metric)


def test_cases_run_once_are_judged_by_the_flips(flips: Flips) -> None:
    # Cavo et al. 2012 in Fagerland, Lydersen and Laake: 6 against 16 of 161
    found = one(*flips(both=59, broken=6, fixed=16, neither=80)).primary
    assert found.kind is VerdictKind.IMPROVED
    assert found.p_value == pytest.approx(0.03469, abs=6e-7)
    assert (found.low, found.high) == (
        pytest.approx(0.0054, abs=6e-5),
        pytest.approx(0.124, abs=6e-5),
    )
    assert (found.n, found.n_changed, found.n_fixed, found.n_broken) == (161, 22, 16, 6)
    assert "Tango" in found.method


def test_swapping_the_arms_mirrors_the_verdict(flips: Flips) -> None:
    first, second = flips(both=59, broken=6, fixed=16, neither=80)
    there, back = one(first, second).primary, one(second, first).primary
    assert back.kind is VerdictKind.REGRESSED
    assert back.estimate == pytest.approx(-(there.estimate or 0))
    assert back.low == pytest.approx(-(there.high or 0))
    assert back.p_value == there.p_value


def test_four_changed_cases_are_never_significant(flips: Flips) -> None:
    found = one(*flips(both=40, broken=0, fixed=4, neither=10)).primary
    assert found.kind is not VerdictKind.IMPROVED


def test_equal_arms_of_many_cases_are_equivalent(flips: Flips) -> None:
    assert one(*flips(both=700, broken=8, fixed=8, neither=90)).primary.kind is (
        VerdictKind.EQUIVALENT
    )


def test_no_change_in_few_cases_is_inconclusive_and_says_how_many_would_do(flips: Flips) -> None:
    found = one(*flips(both=20, broken=0, fixed=0, neither=5)).primary
    assert found.kind is VerdictKind.INCONCLUSIVE
    assert found.low is not None
    assert found.low < 0 < (found.high or 0)
    assert found.need is not None
    assert (found.need.more_cases or 0) > 0


@pytest.mark.parametrize("outcome", ["+", "-"])
def test_all_pass_or_all_fail_gives_no_p_value_out_of_nothing(arm: Build, outcome: str) -> None:
    cases = {f"c{i}": outcome for i in range(30)}
    found = one(arm("old", cases), arm("new", cases)).primary
    assert found.p_value == 1
    assert found.estimate == 0
    assert found.kind in (VerdictKind.INCONCLUSIVE, VerdictKind.NO_WORSE)


def test_repeats_are_averaged_within_their_case(arm: Build) -> None:
    # 8 cases x 4 repeats of the published vector: difference .125, t = 1.8708, df = 7
    before = ["++++", "+-++", "----", "++-+", "-+--", "++++", "--+-", "+++-"]
    now = ["++++", "++++", "-+--", "++++", "-++-", "++++", "----", "++++"]
    found = one(
        arm("old", {f"c{i}": o for i, o in enumerate(before)}),
        arm("new", {f"c{i}": o for i, o in enumerate(now)}),
        method="paired-t",
    ).primary
    assert found.estimate == pytest.approx(0.125)
    assert found.n == 8
    assert found.p_value == pytest.approx(0.10355, abs=1e-4)


def test_few_changed_cases_with_repeats_are_judged_by_permutation(arm: Build) -> None:
    before = {f"c{i:02}": "--" for i in range(40)}
    before["c39"] = "+-"
    now = {case: "++" if i < 8 else marks for i, (case, marks) in enumerate(before.items())}
    found = one(arm("old", before), arm("new", now)).primary
    assert "sign-flip" in found.method
    assert found.p_value == pytest.approx(2 / 2**8)  # all signs one way, of 2^8
    assert found.kind is VerdictKind.IMPROVED


def test_families_are_the_unit_where_cases_come_in_families(arm: Build) -> None:
    rng = np.random.default_rng(0)
    cases = [f"c{i:03}" for i in range(100)]
    families = {case: f"f{i // 10}" for i, case in enumerate(cases)}
    before = {case: "-" for case in cases}
    now = {case: "+" if rng.random() < 0.5 else "-" for case in cases}
    found = one(arm("old", before, families=families), arm("new", now, families=families)).primary
    assert (found.unit, found.n) == ("family", 10)
    alone = one(
        arm("old", before, families=families), arm("new", now, families=families), families=False
    ).primary
    assert (alone.unit, alone.n) == ("case", 100)


def test_four_families_settle_nothing(arm: Build) -> None:
    cases = {f"c{i:02}": "-" for i in range(40)}
    families = {case: f"f{i // 10}" for i, case in enumerate(cases)}
    found = one(
        arm("old", cases, families=families),
        arm("new", dict.fromkeys(cases, "+"), families=families),
    ).primary
    assert found.kind is VerdictKind.INCONCLUSIVE
    assert "families of cases: 4 of at least 5" in (found.reason or "")


def test_errors_count_as_failures_and_leaving_them_out_is_shown(arm: Build) -> None:
    before = {f"c{i:02}": "+" for i in range(60)}
    now = {case: "e" if i < 20 else "+" for i, case in enumerate(before)}
    found = one(arm("old", before), arm("new", now))
    assert found.primary.kind is VerdictKind.REGRESSED
    assert found.primary.estimate == pytest.approx(-20 / 60)
    assert {"asymmetric_errors", "errors_count_as_failures"} <= set(codes(found))
    (without,) = [c for c in found.primary.companions if c.name == "without_errors"]
    assert without.value == 0


def test_outcomes_that_are_missing_in_one_arm_forbid_a_verdict(arm: Build) -> None:
    before = {f"c{i:02}": "+-" for i in range(60)}
    now = {case: "+." if i < 20 else "+-" for i, case in enumerate(before)}
    found = one(arm("old", before), arm("new", now))
    assert found.primary.kind is VerdictKind.INVALID
    assert "missing_outcomes" in codes(found)


def test_no_shared_case_is_invalid(arm: Build) -> None:
    found = one(arm("old", {"a": "+", "b": "-"}), arm("new", {"c": "+", "d": "-"}))
    assert found.primary.kind is VerdictKind.INVALID
    assert found.primary.p_value is None
    assert codes(found) == ["no_shared_case"]


def test_few_shared_cases_are_compared_unpaired_with_a_warning(arm: Build) -> None:
    before = {f"c{i:03}": "+-"[i % 2] for i in range(100)}
    now = {f"c{i:03}": "+" for i in range(60, 160)}
    found = one(arm("old", before), arm("new", now))
    assert not found.paired
    assert "few_shared_cases" in codes(found)
    assert (found.primary.n, found.primary.n_candidate) == (100, 100)
    assert found.primary.kind is VerdictKind.IMPROVED


def test_cases_of_one_arm_only_are_left_out_and_counted(arm: Build) -> None:
    before = {f"c{i:03}": "+-"[i % 2] for i in range(100)}
    now = {case: "+" for case in list(before)[:95]}
    found = one(arm("old", before), arm("new", now))
    assert found.paired
    assert (found.n_shared, found.n_only_baseline, found.n_only_candidate) == (95, 5, 0)
    assert "unmatched_cases" in codes(found)


def test_one_shared_case_is_inconclusive(arm: Build) -> None:
    found = one(arm("old", {"a": "+"}), arm("new", {"a": "-"})).primary
    assert found.kind is VerdictKind.INCONCLUSIVE
    assert found.p_value is None
    assert "only one" in (found.reason or "")


def test_the_same_runs_on_both_sides_are_invalid(arm: Build) -> None:
    same = arm("old", {f"c{i}": "+" for i in range(30)})
    found = one(same, same)
    assert found.primary.kind is VerdictKind.INVALID
    assert "same_run" in codes(found)


def test_different_judges_forbid_a_verdict_on_what_they_judged(arm: Build) -> None:
    cases = {f"c{i:02}": "+-"[i % 2] for i in range(60)}
    costs = {case: 1.0 + i % 7 for i, case in enumerate(cases)}
    found = one(
        arm("old", cases, costs=costs, judge="judge A"),
        arm("new", cases, costs=costs, judge="judge B"),
        metrics=[Metric.SUCCESS, Metric.COST],
    )
    assert verdict(found, Metric.SUCCESS).kind is VerdictKind.INVALID
    assert verdict(found, Metric.COST).kind is not VerdictKind.INVALID


def test_different_data_sets_are_invalid(arm: Build) -> None:
    cases = {f"c{i:02}": "+-"[i % 2] for i in range(60)}
    found = one(arm("old", cases, datasets=("a",)), arm("new", cases, datasets=("b",)))
    assert found.primary.kind is VerdictKind.INVALID


def test_prompt_and_model_changed_at_once_are_confounded(arm: Build) -> None:
    cases = {f"c{i:02}": "+-"[i % 2] for i in range(60)}
    assert "confounded" in codes(one(arm("old", cases), arm("new", cases, model="other")))
    same_prompt = {"prompt_sha256": "p"}
    found = one(arm("old", cases, **same_prompt), arm("new", cases, model="other", **same_prompt))
    assert "different_model" in codes(found)


def test_cost_is_a_ratio_with_less_being_better(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(40)}
    costs = {case: 1.0 + i / 10 for i, case in enumerate(cases)}
    dearer = {
        case: 1.3 * cost + (0.01 if i % 2 else -0.01)
        for i, (case, cost) in enumerate(costs.items())
    }
    found = one(arm("old", cases, costs=costs), arm("new", cases, costs=dearer))
    cost = verdict(found, Metric.COST)
    assert cost.estimate == pytest.approx(0.3)
    assert (cost.kind, cost.detail) == (VerdictKind.REGRESSED, "beyond margin")


def test_a_cost_of_zero_has_no_ratio(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(40)}
    free = dict.fromkeys(cases, 0.0)
    found = one(arm("old", cases, costs=free), arm("new", cases, costs=dict.fromkeys(cases, 1.0)))
    assert verdict(found, Metric.COST).kind is VerdictKind.INCONCLUSIVE
    assert "0" in (verdict(found, Metric.COST).reason or "")


def test_a_metric_that_nobody_measured_says_so(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(40)}
    found = one(arm("old", cases), arm("new", cases), metrics=[Metric.SCORE, Metric.LATENCY_P95])
    for metric in (Metric.SCORE, Metric.LATENCY_P95):
        assert verdict(found, metric).kind is VerdictKind.INCONCLUSIVE
        assert verdict(found, metric).p_value is None
        assert verdict(found, metric).reason


def test_metrics_that_nobody_measured_are_not_offered(arm: Build) -> None:
    cases = {f"c{i:02}": "+" for i in range(40)}
    assert [m.metric for m in one(arm("old", cases), arm("new", cases)).metrics] == [Metric.SUCCESS]


def test_the_95th_percentile_needs_59_cases(arm: Build) -> None:
    def timed(label: str, n: int, factor: float) -> LoadedArm:
        cases = {f"c{i:03}": "+" for i in range(n)}
        times = {case: [factor * (100.0 + 7 * i % 50)] for i, case in enumerate(cases)}
        return arm(label, cases, latencies=times)

    p95 = [Metric.LATENCY_P95]
    few = one(timed("old", 58, 1), timed("new", 58, 2), metrics=p95).primary
    assert few.kind is VerdictKind.INCONCLUSIVE
    assert "58 of the 59 cases" in (few.reason or "")
    enough = one(timed("old", 59, 1), timed("new", 59, 2), metrics=p95).primary
    assert enough.estimate == pytest.approx(1.0)
    assert enough.kind is VerdictKind.REGRESSED


def test_scope_suite_needs_repeats(flips: Flips) -> None:
    found = one(*flips(both=59, broken=6, fixed=16, neither=80), scope=Scope.SUITE).primary
    assert found.kind is VerdictKind.INCONCLUSIVE
    assert "repeats" in (found.reason or "")


def test_scope_suite_counts_only_the_noise_between_runs(arm: Build) -> None:
    # each case: variances .25*2/1 = .5 (one of two passed) in the baseline, 0 in the candidate
    before = {f"c{i:02}": "+-" for i in range(50)}
    now = dict.fromkeys(before, "++")
    found = one(arm("old", before), arm("new", now), scope=Scope.SUITE).primary
    half = 1.959963984540054 * math.sqrt(50 * 0.5 / 2) / 50
    assert found.low == pytest.approx(0.5 - half)


def test_several_candidates_are_corrected_for(flips: Flips, arm: Build) -> None:
    first, second = flips(both=59, broken=6, fixed=16, neither=80)
    third = arm("third", dict(zip(first.cases.case_id, "+-" * 81, strict=False)))
    alone = one(first, second).primary
    found = compare(first, [second, third], settings=SETTINGS)
    corrected = found.comparisons[0].primary
    assert corrected.p_adjusted is not None
    assert corrected.p_adjusted >= (alone.p_value or 0)
    assert (corrected.high or 0) - (corrected.low or 0) > (alone.high or 0) - (alone.low or 0)
    assert found.omnibus_n == 161


def test_two_hundred_candidates_are_compared(flips: Flips) -> None:
    first, second = flips(both=30, broken=6, fixed=16, neither=20)
    found = compare(first, [second] * 200, settings=SETTINGS)
    assert len(found.comparisons) == 200
    assert all(one.primary.p_adjusted == 1 for one in found.comparisons)


def test_a_smaller_alpha_widens_the_interval_and_raises_the_bar(flips: Flips) -> None:
    first, second = flips(both=59, broken=6, fixed=16, neither=80)
    strict = one(first, second, alpha=0.005).primary
    assert strict.kind is not VerdictKind.IMPROVED
    assert strict.level == pytest.approx(0.995)


def test_uneven_repeats_are_said(arm: Build) -> None:
    before = {f"c{i:02}": "+-" for i in range(30)}
    now = {case: "+" if i else "+-+" for i, case in enumerate(before)}
    assert "uneven_repeats" in codes(one(arm("old", before), arm("new", now)))


def test_newly_failing_cases_are_named_the_most_changed_first(arm: Build) -> None:
    before = {"a": "++", "b": "++", "c": "--"}
    now = {"a": "+-", "b": "--", "c": "++"}
    found = one(arm("old", before), arm("new", now))
    assert found.newly_failing == ("b", "a")
    assert found.newly_passing == ("c",)


outcomes = st.text("+-e.", min_size=1, max_size=3)


@given(st.lists(st.tuples(outcomes, outcomes), min_size=1, max_size=25), st.booleans())
def test_whatever_happened_there_is_a_verdict_and_never_a_p_value_out_of_nothing(
    pairs: list[tuple[str, str]], grouped: bool
) -> None:
    import importlib.util  # noqa: PLC0415 - the builder is a fixture, which hypothesis cannot use
    from pathlib import Path  # noqa: PLC0415

    path = Path(__file__).with_name("conftest.py")
    spec = importlib.util.spec_from_file_location("builder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    families = {f"c{i:02}": f"f{i % 6}" for i in range(len(pairs))} if grouped else None
    first, second = (
        module._arm(
            name,
            {f"c{i:02}": pair[side] for i, pair in enumerate(pairs)},
            families=families,
            scores={f"c{i:02}": [0.5] * (i % 3) for i in range(len(pairs))},
            costs={f"c{i:02}": float(i % 2) for i in range(len(pairs))},
        )
        for side, name in enumerate(("old", "new"))
    )
    if min(first.arm.n_completed, second.arm.n_completed) == 0:
        return
    for found in one(first, second, metrics=list(Metric)).metrics:
        assert found.kind in VerdictKind
        if found.p_value is not None:
            assert 0 <= found.p_value <= 1
            assert found.n > 1
        if found.low is not None and found.high is not None and found.estimate is not None:
            assert found.low <= found.high
        if found.kind is VerdictKind.INVALID:
            assert found.reason


def test_a_method_that_does_not_fit_the_data_is_said(arm: Build) -> None:
    before = {f"c{i:02}": "+-" for i in range(40)}
    now = {case: "++" if i % 2 else "--" for i, case in enumerate(before)}
    found = one(arm("old", before), arm("new", now), method="mid-p").primary
    assert "mid-p does not fit" in found.why
    assert (
        "does not fit" not in one(arm("old", before), arm("new", now), method="welch").primary.why
    )
