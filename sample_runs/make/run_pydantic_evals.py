"""Run the suite through pydantic-evals and write one evaluation report per prompt variant.

    python run_pydantic_evals.py

Needs `serve.py` running, and what `requirements-pydantic-evals.txt` names.
"""

from dataclasses import dataclass

from client import complete
from pydantic_evals import Case, Dataset, increment_eval_metric
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext
from pydantic_evals.reporting import EvaluationReportAdapter
from suite import (
    DATASET,
    HERE,
    MODEL,
    PARAMETERS,
    REPEATS,
    VARIANTS,
    WORKFLOW,
    Json,
    grade,
    read_cases,
    read_prompts,
)

RESULTS = HERE.parent / "pydantic_evals"


@dataclass
class FirstLabel(Evaluator[str, str, Json]):
    """Pass when the first label of the reply is the expected one."""

    def evaluate(self, ctx: EvaluatorContext[str, str, Json]) -> EvaluationReason:
        """Grade one reply."""
        _, failure = grade(ctx.output, ctx.expected_output or "")
        return EvaluationReason(value=failure is None, reason=failure)


def main() -> None:
    """Run the three variants, one after the other, one call at a time."""
    RESULTS.mkdir(exist_ok=True)
    for variant in VARIANTS:
        content = EvaluationReportAdapter.dump_json(evaluate(variant), indent=1)
        (RESULTS / f"{WORKFLOW}-{variant}.json").write_bytes(content + b"\n")


def evaluate(variant: str) -> object:
    """Run every case of one variant twice."""
    template = read_prompts()[variant]

    def answer(review: str) -> str:
        reply = complete("pydantic-evals", template.replace("{review}", review))
        increment_eval_metric("input_tokens", reply["usage"]["prompt_tokens"])
        increment_eval_metric("output_tokens", reply["usage"]["completion_tokens"])
        return str(reply["choices"][0]["text"])

    dataset = Dataset[str, str, Json](
        name=DATASET,
        cases=[
            Case(
                name=case["case_id"],
                inputs=case["text"],
                expected_output=case["expected"],
                metadata={"scenario": case["scenario"]},
            )
            for case in read_cases()
        ],
        evaluators=[FirstLabel()],
    )
    return dataset.evaluate_sync(
        answer,
        name=f"{WORKFLOW}-{variant}",
        task_name=WORKFLOW,
        max_concurrency=1,
        progress=False,
        repeat=len(REPEATS),
        metadata={
            "model": MODEL,
            "prompt": template,
            "prompt_variant": variant,
            "parameters": PARAMETERS,
        },
    )


if __name__ == "__main__":
    main()
