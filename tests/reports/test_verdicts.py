from __future__ import annotations

import pytest

from reports.render.terminal import terminal
from reports.tones import Tone

RUN = "sentiment-vague: 0 of 120 tests passed (0.0 %, 95 % CI [0.0, 8.0] %)."


@pytest.mark.parametrize(
    ("case", "tone", "start"),
    [
        ("run", Tone.BAD, f"{RUN} Optimize the prompt: success_rate is 80.0 pp below"),
        ("run-several", Tone.WARN, "sentiment-all: 1 of 2 variants may need to be optimized"),
        (
            "run-namesakes",
            Tone.BAD,
            "sentiment-all: 2 of 3 variants should be optimized: clear (012",
        ),
        ("run-good", Tone.GOOD, "sentiment-clear: 100 of 120 tests passed"),
        ("run-empty", Tone.NEUTRAL, "sentiment-all: no test was completed"),
        ("gate", Tone.BAD, "FAILED: sentiment-vague: success_rate is 0.0 %"),
        ("gate-passed", Tone.GOOD, "PASSED: sentiment-vague: 2 rules met"),
        ("gate-unsure", Tone.WARN, "INCONCLUSIVE: sentiment-vague: success_rate is 75.0 %"),
        ("gate-variants", Tone.BAD, "FAILED: sentiment-vague: 1 of 2 variants failed: vague:"),
        ("gate-empty", Tone.WARN, "INCONCLUSIVE: nothing was judged."),
        ("decision", Tone.WARN, "sentiment: switch the prompt variant: variant vague -> few_shot"),
        ("decision-silent", Tone.GOOD, "sentiment: nothing proposed."),
        ("decision-empty", Tone.NEUTRAL, "never-run: nothing proposed, nothing has run."),
        ("ingest", Tone.BAD, "stored 3 runs (360 tasks) from 2 files; 1 unchanged; 1 rejected."),
        ("checks", Tone.BAD, "1 of 3 checks failed: history."),
        (
            "comparison",
            Tone.GOOD,
            "IMPROVED, at least 10 pp: clear passes 64.2 pp more than vague, 95 % CI "
            "[+52.0, +73.1] pp, 41 fixed / 2 broken of 60 cases (p < 0.001).",
        ),
        (
            "comparison-regressed",
            Tone.BAD,
            "REGRESSED, beyond margin: clear passes 16.5 pp less than vague, 95 % CI",
        ),
        (
            "comparison-equivalent",
            Tone.NEUTRAL,
            "EQUIVALENT: clear and vague have the same pass rate within 5 pp: -0.2 pp, 95 % CI",
        ),
        (
            "comparison-inconclusive",
            Tone.WARN,
            "INCONCLUSIVE: clear passes 1.7 pp less than vague, 95 % CI [-10.7, +7.4] pp, "
            "3 fixed / 4 broken of 60 cases (p = 0.73): needs 210 more cases to settle 5 pp",
        ),
        ("comparison-invalid", Tone.BAD, "INVALID: Only 12 of 60 cases were run by both arms"),
        ("comparison-empty", Tone.BAD, "INVALID: nothing was compared."),
        ("comparison-unmeasured", Tone.BAD, "INVALID: nothing was measured."),
        (
            "comparison-several",
            Tone.GOOD,
            "IMPROVED: of 3 candidates against vague, 1 improved, 1 regressed and 1 inconclusive; "
            "best by its bound: clear passes 64.2 pp more than vague, 98.3 % CI",
        ),
        ("comparison-none-improved", Tone.WARN, "NONE IMPROVED: of 3 candidates against vague, "),
        ("baseline_gate", Tone.BAD, "FAILED: clear against vague, success (prove 5 pp): worse by"),
        ("baseline_gate-proved", Tone.GOOD, "PASSED: clear against vague, success (prove 5 pp):"),
        ("baseline_gate-invalid", Tone.BAD, "INVALID: clear against vague, success (prove 5 pp)"),
        ("baseline_gate-thresholds-only", Tone.BAD, "FAILED: sentiment-clear: success_rate is"),
        ("status", Tone.WARN, "1 workflow, 3 runs, 360 tasks; 1 file rejected."),
    ],
)
def test_the_verdict_says_it_first(lay_out: type, case: str, tone: Tone, start: str) -> None:
    verdict = lay_out(case).verdict
    assert verdict.tone is tone
    assert verdict.text.startswith(start)


@pytest.mark.parametrize("case", ["run-namesakes", "decision-namesakes"])
def test_variants_of_one_label_are_told_apart_and_a_caveat_says_so(
    lay_out: type, case: str
) -> None:
    text = terminal(lay_out(case), width=200, color=False)
    assert "2 variants are called clear: they differ in prompt, model or parameters" in text
    assert "\n  clear (01234567)" in text
    assert "\n  clear (fedcba98)" in text
    assert "\n  vague " in text


def test_a_count_at_its_threshold_is_said_to_be_at_it(lay_out: type) -> None:
    text = lay_out("run-critical").verdict.text
    assert "critical_issues is at its threshold of 1" in text


def test_the_cheaper_is_named_where_success_shows_no_difference(lay_out: type) -> None:
    assert lay_out("comparison-equivalent").verdict.text.endswith(
        "No difference in pass rate was found, and clear is cheaper: it costs 38.0 % less than "
        "vague, 95 % CI [-41.2, -34.5] %."
    )
    assert lay_out("comparison-dearer").verdict.text.endswith(
        "and vague is cheaper: clear uses 55.8 % more tokens than vague, 95 % CI [+31.4, +82.2] %."
    )


@pytest.mark.parametrize("case", ["comparison", "comparison-regressed", "comparison-invalid"])
def test_the_cheaper_is_not_named_beside_a_difference(lay_out: type, case: str) -> None:
    assert "cheaper" not in lay_out(case).verdict.text


def test_an_unpaired_comparison_counts_both_arms(lay_out: type) -> None:
    assert "60 and 58 cases (p = 0.41)" in lay_out("comparison-unpaired").verdict.text


def test_what_nothing_would_settle_suggests_no_planning(lay_out: type) -> None:
    assert lay_out("comparison-unbounded").hints == ()
    assert "optimizer power --detect 5pp" in lay_out("comparison-inconclusive").hints[0]


def test_the_worse_of_thresholds_and_guardrails_is_the_answer(lay_out: type) -> None:
    text = lay_out("baseline_gate-thresholds").verdict.text
    assert text.startswith("FAILED: sentiment-clear: success_rate is 62.0 %")
    assert "; clear against vague, success (prove 5 pp): worse by more than the margin" in text


def test_long_lists_of_cases_are_cut_and_counted(lay_out: type) -> None:
    lists = [b for b in lay_out("comparison-regressed").blocks if "failing" in str(b)]
    assert lists[0].title == "Newly failing: 40 cases"
    assert lists[0].blocks[0].text.endswith("review-019, and 20 more")
