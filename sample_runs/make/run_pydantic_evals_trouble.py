"""Let pydantic-evals meet trouble: a failing task, a failing evaluator, a case nobody judges.

No model runs: replies are fixed words. The report is pydantic-evals' own.

    python run_pydantic_evals_trouble.py

Needs what `requirements-pydantic-evals.txt` names.
"""

from dataclasses import dataclass

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext
from pydantic_evals.reporting import EvaluationReportAdapter
from run_pydantic_evals import RESULTS
from scrub import scrub_files
from suite import REPEATS, Json, grade

REPLIES = {"right": " positive", "wrong": " negative", "silent": "", "unjudged": " positive"}


@dataclass
class FirstLabel(Evaluator[str, str, Json]):
    """Pass when the first label of the reply is the expected one, and score it too."""

    def evaluate(
        self, ctx: EvaluatorContext[str, str, Json]
    ) -> dict[str, EvaluationReason | float]:
        """Grade one reply; give up on the case that says so.

        Raises:
            ValueError: The case is to go unjudged.
        """
        if ctx.inputs == "unjudged":
            raise ValueError("the grader gave up")
        _, failure = grade(ctx.output, ctx.expected_output or "")
        reason = EvaluationReason(value=failure is None, reason=failure)
        return {"first_label": reason, "share": 0.0 if failure else 1.0}


def answer(word: str) -> str:
    """Return the fixed words for a case.

    Raises:
        ConnectionError: The case is to fail.
    """
    if word == "failing":
        raise ConnectionError("this model is failing | <b>badly</b>")
    return REPLIES[word]


def main() -> None:
    """Run every case twice."""
    dataset = Dataset[str, str, Json](
        name="trouble",
        cases=[
            Case(name=word, inputs=word, expected_output="positive")
            for word in (*REPLIES, "failing")
        ],
        evaluators=[FirstLabel()],
    )
    report = dataset.evaluate_sync(
        answer, name="trouble", max_concurrency=1, progress=False, repeat=len(REPEATS)
    )
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "trouble.json"
    target.write_bytes(EvaluationReportAdapter.dump_json(report, indent=1) + b"\n")
    scrub_files(target)


if __name__ == "__main__":
    main()
