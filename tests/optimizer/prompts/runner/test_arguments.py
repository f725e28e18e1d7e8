from __future__ import annotations

import shlex
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.runner.arguments import NAMES, Blanks, filled, split
from optimizer.prompts.runner.harmless import tail

BLANKS = Blanks(
    prompt_file=Path("/tmp/{out}/p q.md"),
    cases_file=Path("/tmp/c'.json"),
    out=Path("/tmp/{seed}$x"),
    replicate=1000,
    seed=7,
)
ours = st.sampled_from([f"{{{name}}}" for name in NAMES])
others = st.text(st.sampled_from("a {}$'"))
items = st.lists(st.one_of(ours, others), max_size=6).map("".join)


@given(st.lists(items, min_size=1).filter(lambda argv: argv[0]))
def test_each_argument_is_filled_in_once_and_stays_one(argv) -> None:
    values = BLANKS.values()
    found = filled(split(shlex.join(argv)), values)
    assert len(found) == len(argv)
    for item, made in zip(argv, found, strict=True):
        expected = item
        for n, name in enumerate(NAMES):
            expected = expected.replace(f"{{{name}}}", f"\0{n}")
        for n, name in enumerate(NAMES):
            expected = expected.replace(f"\0{n}", values[name])
        assert made == expected


def test_the_environment_says_what_the_arguments_say() -> None:
    assert BLANKS.environment()["OPTIMIZER_REPLICATE"] == "1000"
    assert BLANKS.environment()["OPTIMIZER_PROMPT_FILE"] == BLANKS.values()["prompt_file"]
    assert len(BLANKS.environment()) == len(NAMES)


@given(st.text(), st.integers(1, 50))
def test_what_is_quoted_can_be_printed_anywhere(text, n_chars) -> None:
    found = tail(text, n_chars)
    assert all(unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"} for one in found)
    assert found.isascii() or found.encode()
    assert "\n" not in found
