"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.writing.endings import ALL, DOCUMENT, SARIF, TABLES, TEXTS, ending_in

if TYPE_CHECKING:
    from optimizer.history.settings import RetentionSettings

FileOrRun = Annotated[
    str,
    typer.Argument(
        help="Result file, - for standard input, or a stored run: its id or the beginning of "
        "it, latest, branch:NAME, WORKFLOW:VARIANT."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        envvar="OPTIMIZER_STORE",
        help="History file. Default: .optimizer/history.duckdb here or in a folder above.",
    ),
]
ConfigFiles = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="Settings file, in place of the one found; repeatable."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, as scoring.min_success_rate=0.9; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=ending_in(*DOCUMENT),
        help="Also write it to a file: .html, .md, .txt, .json, .svg or .png; repeatable.",
    ),
]
TableOutputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=ending_in(*DOCUMENT, *TABLES),
        help="Also write it to a file: .html, .md, .txt, .json, .svg, .png, .csv or .parquet; "
        "repeatable.",
    ),
]
LintOutputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=ending_in(*TEXTS, *TABLES, *SARIF),
        help="Also write what was found to a file: .html, .md, .txt, .json, .csv, .parquet or "
        ".sarif; repeatable.",
    ),
]
CheckOutputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=ending_in(*ALL),
        help="Also write it to a file: .html, .md, .txt, .json, .svg, .png, .csv, .parquet, "
        ".junit.xml or .sarif; repeatable.",
    ),
]
Cases = Annotated[
    bool,
    typer.Option(
        "--cases",
        help="Show what became of the first cases, with the beginning of their texts. Files of "
        ".html, .md and .json have more of them without being asked.",
    ),
]
Bridge = Annotated[
    str | None, typer.Option("--from", help="Name of the files' format; see 'optimizer formats'.")
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Which column of a table is which field, as case_id=question_id; repeatable. "
        "See 'optimizer formats table'.",
    ),
]
Table = Annotated[
    str | None, typer.Option("--table", help="Name of a saved mapping for the columns of a table.")
]
Score = Annotated[
    str | None,
    typer.Option("--score", help="The scorer whose word is the score, where there are several."),
]
PassScore = Annotated[
    float | None,
    typer.Option(
        "--pass-score",
        help="A test passes from this score on, where its tool does not say what passes.",
    ),
]
Price = Annotated[
    bool,
    typer.Option(
        "--price", help="Derive the cost from tokens where none is recorded; marked as derived."
    ),
]
Prices = Annotated[
    Path | None,
    typer.Option("--prices", help="Price table for that. Default: the package genai-prices."),
]
Trust = Annotated[
    bool,
    typer.Option("--trust-statistics", help="Accept statistics that contradict the tasks."),
]
RatingScale = Annotated[
    str | None,
    typer.Option(
        "--rating-scale",
        metavar="MIN:MAX",
        help="Scale of ratings in files of feedback that carry none, as 0:10.",
    ),
]
StrictRows = Annotated[
    bool,
    typer.Option("--strict", help="Store nothing of a file of feedback in which one row is bad."),
]
Workflow = Annotated[str | None, typer.Option("--workflow", "-w", help="Only this workflow.")]
SeriesFile = Annotated[
    Path | None,
    typer.Option(
        "--series", help="In place of a workflow: a CSV file with the columns timestamp,value."
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"],
        help="See nothing that ended later than this time (UTC unless it says).",
    ),
]
Decided = Annotated[
    str,
    typer.Argument(metavar="DECISION", help="Decision id, the beginning of one, or latest."),
]
By = Annotated[str, typer.Option("--by", help="Who, for the audit log.")]
Why = Annotated[str, typer.Option("--why", help="Why, for the audit log.")]
ByNow = Annotated[
    str | None, typer.Option("--by", help="Who, for the audit log. Default: the user.")
]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"],
        help="When it was done (UTC unless it says). Default: now.",
    ),
]
Emit = Annotated[
    Path | None,
    typer.Option("--emit", help="Write what is asked of whoever runs the system: commands.json."),
]
Patch = Annotated[
    Path | None,
    typer.Option("--patch", help="Write the change of the configuration as a JSON patch."),
]
Prompt = Annotated[
    Path | None,
    typer.Option("--prompt", help="File with the text of the prompt, to check it as well."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Let the plain figures decide, however few tests.")
]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="Show no more than these.")
]


class ScopeName(StrEnum):
    """What the cases of a comparison stand for."""

    CASES = "cases"
    SUITE = "suite"


class CorrectionName(StrEnum):
    """How several candidates are allowed for."""

    HOLM = "holm"
    BONFERRONI = "bonferroni"


class GuardModeName(StrEnum):
    """What a guardrail asks for."""

    DETECT = "detect"
    PROVE = "prove"


NO_FAMILY = "none"

Metrics = Annotated[
    str | None,
    typer.Option(
        "--metric",
        "-m",
        help="What is compared, the primary first, as success,cost: success, score, latency, "
        "latency_p50, latency_p95, cost, tokens. Default: all that was measured.",
    ),
]
CompareScope = Annotated[
    ScopeName,
    typer.Option(
        "--scope",
        help="cases: they stand for future inputs. suite: only for themselves; needs repeats.",
    ),
]
Family = Annotated[
    str | None,
    typer.Option(
        "--family",
        help="What tells the cases that belong together: dataset, scenario, tenant, task_type or "
        "a key of the tasks' metadata; none: every case alone. Default: the recorded family.",
    ),
]
Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        help="How much worse still counts as no worse, as success=5pp or cost=10%; repeatable.",
    ),
]
Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="Overrides the method that the data call for: exact, mid-p, asymptotic, paired-t, "
        "sign-flip, wilcoxon; unpaired: z, welch, beta-binomial.",
    ),
]
Correction = Annotated[
    CorrectionName,
    typer.Option("--correction", help="How p-values allow for several candidates."),
]
Pool = Annotated[
    int,
    typer.Option(
        "--pool", min=1, max=1000, help="Take so many of a variant's newest runs together."
    ),
]


def utc(option: str, said: datetime | None) -> datetime | None:
    """Return a time that was named on the command line, in UTC.

    Raises:
        BadParameter: It is too far from now to have one.
    """
    if said is None:
        return None
    try:
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise typer.BadParameter(f"{option} {said}: too far from now") from error


def reading(  # noqa: PLR0917 - the options of five commands, in their order
    bridge: str | None,
    map_: list[str] | None,
    table: str | None,
    score: str | None,
    pass_score: float | None,
    price: bool,
    prices: Path | None,
    trust: bool,
) -> dict[str, object]:
    """Return the settings of `ingest` that the options of a command say.

    Raises:
        BadParameter: A mapping is not FIELD=COLUMN.
    """
    return {
        "format": bridge,
        "map": mapping(map_),
        "table": table,
        "score": score,
        "pass_score": pass_score,
        "price": price or prices is not None,
        "prices": prices,
        "trust_statistics": trust,
    }


def mapping(said: list[str] | None) -> dict[str, str] | None:
    """Return what was said of the columns of a table, by field.

    Raises:
        BadParameter: It is not FIELD=COLUMN, or a field is named twice.
    """
    found: dict[str, str] = {}
    for one in said or ():
        field, equals, column = one.partition("=")
        if not (field and equals and column):
            raise typer.BadParameter(f"{one!r}: expected FIELD=COLUMN", param_hint="--map")
        if field in found:
            raise typer.BadParameter(f"{field!r}: named twice", param_hint="--map")
        found[field] = column
    return found or None


def retention(settings: RetentionSettings, said: Mapping[str, float | None]) -> RetentionSettings:
    """Return how long things are kept, as the settings and the options of a command say.

    Raises:
        BadParameter: An option is out of bounds.
    """
    from pydantic import ValidationError

    changes = {name: one for name, one in said.items() if one is not None}
    try:
        return settings.model_validate({**settings.model_dump(), **changes})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise typer.BadParameter(
            f"{detail['loc'][0]} {detail['input']}: {detail['msg']}"
        ) from error


def either(first: Path | None, second: Path | None, name: str, option: str) -> Path:
    """Return the one of two places that was named.

    Raises:
        BadParameter: None was, or both were.
    """
    found = [place for place in (first, second) if place is not None]
    if len(found) != 1:
        raise typer.BadParameter(f"expected one of {name} and {option}")
    return found[0]
