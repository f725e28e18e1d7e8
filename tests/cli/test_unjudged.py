from __future__ import annotations

import pytest

GRADES = "case_id,input,score\na,x,0.3\nb,y,0.7\nc,z,0.9\n"


@pytest.fixture
def graded(tmp_path):
    (tmp_path / "graded.csv").write_text(GRADES)
    (tmp_path / "better.csv").write_text(GRADES.replace("0.3", "0.8"))
    return tmp_path


def words(result):
    return " ".join(result.out.split())


def test_a_run_that_nobody_judged_does_not_pass_the_gate(optimizer, graded):
    gated = optimizer("gate", graded / "graded.csv")
    assert gated.code == 3
    assert "success_rate is not evaluated: nobody told pass from fail" in words(gated)
    assert "--pass-score says from which score on it passes" in words(gated)


def test_such_a_run_is_judged_by_the_mark_that_is_asked_for(optimizer, graded):
    gated = optimizer("gate", graded / "graded.csv", "--pass-score", "0.95", "--strict")
    assert gated.code == 1
    assert "success_rate is 0.0 %" in words(gated)


def test_such_runs_are_not_compared_by_success(optimizer, graded):
    files = graded / "graded.csv", graded / "better.csv"
    assert "success 100.0 % 100.0 % - - - 3 invalid" in words(optimizer("compare", *files))
    assert optimizer("gate", files[1], "--baseline", files[0]).code == 2
    assert "INVALID" not in optimizer("compare", *files, "--metric", "score").out


def test_what_was_converted_is_still_unjudged(optimizer, graded):
    optimizer("convert", graded / "graded.csv", "-o", graded / "graded.json")
    assert optimizer("gate", graded / "graded.json").code == 3


def test_analyze_says_that_passing_means_running(optimizer, graded):
    said = words(optimizer("analyze", graded / "graded.csv"))
    assert "Nobody told pass from fail: passed means that it ran." in said


def test_an_arm_whose_slow_tests_time_out_is_not_called_as_fast(optimizer, tmp_path):
    head = "case_id,input,status,latency_s\n"
    slow = [f"{n},x{n},pass,{9 if n < 10 else 1 + n / 100}\n" for n in range(40)]
    cut = [f"{n},x{n},timeout,5\n" if n < 10 else slow[n] for n in range(40)]
    (tmp_path / "slow.csv").write_text(head + "".join(slow))
    (tmp_path / "cut.csv").write_text(head + "".join(cut))
    gated = optimizer("gate", "cut.csv", "--baseline", "slow.csv", "-g", "latency:10%")
    assert gated.code == 2
    assert "the times that are left favour one arm" in words(gated)
