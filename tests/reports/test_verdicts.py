from __future__ import annotations

import pytest

from reports.document import Tone

RUN = "sentiment-vague: 0 of 120 tests passed (0.0 %, 95 % CI [0.0, 8.0] %)."


@pytest.mark.parametrize(
    ("case", "tone", "start"),
    [
        ("run", Tone.BAD, f"{RUN} Optimize the prompt: success_rate is 80.0 pp below"),
        ("run-several", Tone.WARN, "sentiment-all: 1 of 2 variants may need to be optimized"),
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
        ("status", Tone.WARN, "1 workflow, 3 runs, 360 tasks; 1 file rejected."),
    ],
)
def test_the_verdict_says_it_first(lay_out: type, case: str, tone: Tone, start: str) -> None:
    verdict = lay_out(case).verdict
    assert verdict.tone is tone
    assert verdict.text.startswith(start)


def test_a_count_at_its_threshold_is_said_to_be_at_it(lay_out: type) -> None:
    text = lay_out("run-critical").verdict.text
    assert "critical_issues is at its threshold of 1" in text
