from __future__ import annotations

import pytest

from optimizer.models.errors import ConfigError

FUNCTION = """
def run(prompt, cases, replicate):
    for case in cases:
        yield {"case_id": case["id"], "passed": "good" in prompt, "outputs": [prompt, replicate]}
def listed(prompt, cases, replicate):
    return list(run(prompt, cases, replicate))
def dies(prompt, cases, replicate):
    yield from run(prompt, cases[:2], replicate)
    raise RuntimeError("no more")
def hangs(prompt, cases, replicate):
    import time
    yield from run(prompt, cases[:1], replicate)
    time.sleep(60)
def silent(prompt, cases, replicate):
    return []
class Suite:
    run = staticmethod(run)
"""


@pytest.fixture
def of(scripts):
    def made(name: str, **settings: object):
        (scripts.folder / "suite").mkdir(exist_ok=True)
        (scripts.folder / "suite" / "tests.py").write_text(FUNCTION)
        return scripts.of(f"py:suite.tests:{name}", **settings)

    return made


@pytest.mark.parametrize("name", ["run", "listed", "Suite.run"])
def test_a_function_is_an_executor(of, cases, drained, name) -> None:
    executor = of(name, jobs=2)
    results, error = drained(executor.run("good é", cases(3), replicate=4))
    assert error is None
    assert sorted(one.case_id for one in results) == ["c0", "c1", "c2"]
    assert {one.outputs for one in results} == {'["good é",4]'}
    assert not executor.runs_whole_suite


def test_a_function_that_raises_loses_nothing_it_gave(of, cases, drained) -> None:
    results, error = drained(of("dies").run("p", cases(4), replicate=0))
    assert [one.case_id for one in results] == ["c0", "c1"]
    assert "RuntimeError: no more" in str(error)


def test_a_function_that_hangs_is_ended(of, cases, drained) -> None:
    results, error = drained(of("hangs", timeout_s=2.5).run("p", cases(4), replicate=0))
    assert [one.case_id for one in results] == ["c0"]
    assert "expected results within 2.5 s" in str(error)


def test_a_function_that_gives_nothing_is_told_so(of, cases, drained) -> None:
    _, error = drained(of("silent").run("p", cases(2), replicate=0))
    assert "found 2 without a result (c0, c1)" in str(error)


@pytest.mark.parametrize("name", ["nothing", "run.more"])
def test_a_function_that_is_not_there_is_named(of, cases, drained, name) -> None:
    _, error = drained(of(name).run("p", cases(2), replicate=0))
    assert "AttributeError" in str(error)


@pytest.mark.parametrize("command", ["py:", "py:suite", "py:suite:", "py:a b:c", "py:../x:run"])
def test_a_misspelled_function_says_how_to_spell_it(scripts, command) -> None:
    with pytest.raises(ConfigError, match=r"expected py:package\.module:function"):
        scripts.of(command)


def test_an_edited_function_is_another_executor(of, scripts) -> None:
    before = of("run").fingerprint
    assert of("run").fingerprint == before
    (scripts.folder / "suite" / "tests.py").write_text(FUNCTION + "\n")
    assert scripts.of("py:suite.tests:run").fingerprint != before
