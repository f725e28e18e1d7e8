from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "runs"
TRIALS = sorted(SHARED.glob("taubench-airline-gpt-4o-trial*.json"))


@pytest.fixture
def sentiment(optimizer: Run, samples: Path) -> Run:
    assert optimizer("ingest", samples).code == 0
    return optimizer


def words(text: str) -> str:
    return " ".join(text.split())


def test_without_anything_it_shows_what_the_share_of_flips_makes_of_it(optimizer: Run) -> None:
    result = optimizer("power", "--detect", "5pp")
    assert result.code == 0
    assert words(result.out).startswith(
        "155 to 940 cases find a difference of 5 pp in the pass rate with 80 % power"
    )
    assert "15.0 %        469               371" in result.out
    assert "would take 906 cases for each" in words(result.out)


def test_with_a_share_of_flips_it_answers_with_one_number(optimizer: Run) -> None:
    asked = ("power", "--detect", "5pp", "--discordance", "0.15")
    assert optimizer(*asked).out.startswith("469 cases find a difference of 5 pp")
    assert optimizer(*asked, "--prove").out.startswith("371 cases prove a pass rate no worse by")
    payload = optimizer(*asked, "--json").json
    assert payload["planned"]["n_detect"] == 469
    assert payload["format_version"] == 1


def test_a_number_of_cases_is_told_what_it_can_find(optimizer: Run) -> None:
    found = optimizer("power", "--n", "100", "--discordance", "0.1")
    assert found.out.startswith("100 cases find a difference of 8.8 pp or more with 80 % power")
    nothing = optimizer("power", "--n", "100", "--discordance", "0.05")
    assert nothing.code == 0
    assert words(nothing.out).startswith("100 cases are too few to find any difference")
    some = optimizer("power", "--n", "100")
    assert words(some.out).startswith("100 cases find a difference of 8.8 pp to 15.2 pp, or none,")


@pytest.mark.parametrize(
    ("n", "said"), [("469", "469 cases are enough for 5 pp"), ("120", "120 cases are too few for")]
)
def test_a_number_and_a_difference_are_held_against_each_other(
    optimizer: Run, n: str, said: str
) -> None:
    result = optimizer("power", "--n", n, "--detect", "5pp", "--discordance", "0.15")
    assert result.code == 0
    assert result.out.startswith(said)


def test_the_spread_is_taken_from_the_two_newest_variants(sentiment: Run) -> None:
    result = sentiment("power", "--from-history", "sentiment", "--detect", "10pp")
    assert result.code == 0
    assert "upper limit of a pilot of 60 cases" in words(result.out)
    assert "variants           clear and few_shot of sentiment" in result.out
    assert "80 % upper limit" in result.out
    payload = sentiment("power", "--from-history", "sentiment", "--json").json
    assert payload["pilot"]["n"] == 60
    assert payload["pilot"]["parts"]["first_repeats"] == 2
    assert [row["basis"] for row in payload["rows"]] == ["pilot", "pilot, upper limit"]
    assert payload["planned"]["n_detect"] == payload["repeats"][0]["n"]


def test_it_says_where_repeats_help_and_where_they_cannot(sentiment: Run) -> None:
    asked = ("power", "--from-history", "sentiment", "--detect", "10pp")
    few = sentiment(*asked, "--n", "100")
    assert "With 100 cases more repeats cannot reach 10 pp" in few.out
    some = sentiment(*asked, "--n", "160", "--case-cost", "5", "--run-cost", "1")
    assert "160 cases are enough for 10 pp with 8 runs of each." in some.out
    assert "runs of each case tell most for the money." in some.out


def test_two_arms_can_be_named(sentiment: Run, samples: Path) -> None:
    stored = sentiment("power", "--arms", "vague", "clear", "-w", "x")
    assert stored.code == 2
    found = sentiment("power", "--arms", "vague", "clear", "--json").json
    assert (found["pilot"]["baseline"], found["pilot"]["candidate"]) == ("vague", "clear")
    files = [samples / f"sentiment-{name}.json" for name in ("vague", "clear")]
    assert sentiment("power", "--arms", *files, "--json").json["rows"] == found["rows"]
    same = sentiment("power", "--arms", "sentiment-vague", "sentiment-vague")
    assert same.code == 2
    assert "both are vague in run sentiment-vague" in same.err


@pytest.mark.parametrize("metric", ["score", "latency", "tokens"])
def test_other_metrics_are_planned_by_their_spread(sentiment: Run, metric: str) -> None:
    result = sentiment("power", "--from-history", "sentiment", "-m", metric)
    assert result.code == 0
    assert "standard deviation of" in words(result.out)
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_price_is_planned_in_percent(optimizer: Run) -> None:
    result = optimizer("power", "-m", "cost", "--detect", "10%", "--prove", "--sd", "0.3")
    assert result.out.startswith("62 cases prove a mean cost no worse by 10 %")


def test_a_metric_that_nobody_measured_cannot_be_planned_from_history(sentiment: Run) -> None:
    result = sentiment("power", "--from-history", "sentiment", "-m", "cost")
    assert result.code == 2
    assert "0 shared cases know cost, expected at least 2" in result.err
    assert "hint: State the spread with --sd instead." in result.err


@pytest.mark.skipif(len(TRIALS) != 4, reason="the shared tau-bench runs are not there")
def test_one_variant_is_no_pilot_but_two_of_its_runs_are(optimizer: Run) -> None:
    optimizer("ingest", *TRIALS)
    alone = optimizer("power", "--from-history", "taubench-airline")
    assert alone.code == 2
    assert "one variant, tool-calling, expected two that ran the same cases" in alone.err
    runs = [path.stem for path in TRIALS[:2]]
    payload = optimizer("power", "--arms", *runs, "--json").json
    assert (payload["pilot"]["n"], payload["pilot"]["n_changed"]) == (50, 19)
    assert payload["pilot"]["spread"] == pytest.approx(19 / 50)
    assert payload["repeats"] == []


def test_variants_without_shared_cases_are_no_pilot(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file("one.json", "+"))
    second = {"run_id": "r2", "metadata": {"prompt_variant": "v2"}}
    optimizer("ingest", run_file("two.json", "+", **second))
    result = optimizer("power", "--from-history", "wf")
    assert result.code == 2
    assert "2 variants, no two of which share cases" in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--detect", "5"), "difference of success: '5', expected a number with pp, as 5pp"),
        (("--detect", "5%"), "expected a number with pp"),
        (("-m", "cost", "--detect", "5pp"), "expected a number with %, as 5%"),
        (("--detect", "0pp"), "must be above 0"),
        (("--discordance", "15"), "hint: It is the share of cases that flip: 0.15 for 15 %."),
        (("--discordance", "0"), "discordance 0: must be above 0 and at most 1"),
        (("--discordance", "0.04", "--detect", "5pp"), "a difference of 5 pp takes at least as"),
        (("--alpha", "2"), "alpha 2, power 0.8"),
        (("--power", "0.01"), "alpha 0.05, power 0.01"),
        (("--case-cost", "2"), "costs: one alone says nothing"),
        (("--sd", "0.1"), "the spread of a pass rate follows from its flips"),
        (("--n", "1"), "--n"),
        (("--repeats", "0"), "--repeats"),
        (("-m", "latency_p95"), "latency_p95"),
        (("--from-history", "wf"), "there is no history here yet"),
    ],
)
def test_what_makes_no_sense_is_refused(
    optimizer: Run, arguments: tuple[str, ...], said: str
) -> None:
    result = optimizer("power", *arguments)
    assert result.code == 2
    assert said in result.err


def test_a_stated_spread_and_a_pilot_exclude_each_other(sentiment: Run) -> None:
    result = sentiment("power", "--from-history", "sentiment", "--discordance", "0.1")
    assert result.code == 2
    assert "both stated and taken from a pilot" in result.err
    unknown = sentiment("power", "--from-history", "nope")
    assert "workflow 'nope': not in this history" in unknown.err


def test_help_shows_an_example(optimizer: Run) -> None:
    assert "Example: optimizer power --detect 5pp" in optimizer("power", "--help").out
