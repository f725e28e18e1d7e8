"""Run the suite under the OpenTelemetry SDK and keep its spans as OTLP JSON lines.

One span for each call, with the attributes of the GenAI conventions and, because those know no
test cases, our own: `optimizer.run_id` and `optimizer.variant_id` on the resource,
`optimizer.case_id` and `optimizer.repeat` on the span. The grade is an event on the span.

    python run_otel.py

Needs `serve.py` running, and what `requirements-otel.txt` names.
"""

import json

from client import complete
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind
from suite import (
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

TARGET = HERE.parent / "otel" / "spans.jsonl"
OPERATION = "text_completion"


def main() -> None:
    """Run the three variants, one after the other, into one file."""
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.unlink(missing_ok=True)
    for variant in VARIANTS:
        run(variant)


def run(variant: str) -> None:
    """Run one variant under a tracer whose resource names it."""
    names = {"service.name": WORKFLOW, "optimizer.workflow_id": WORKFLOW}
    names |= {"optimizer.run_id": f"{WORKFLOW}-{variant}", "optimizer.variant_id": variant}
    provider = TracerProvider(resource=Resource.create(names))
    provider.add_span_processor(BatchSpanProcessor(FileSpanExporter(TARGET)))
    tracer = provider.get_tracer("sample_runs")
    template = read_prompts()[variant]
    for repeat in REPEATS:
        for case in read_cases():
            with tracer.start_as_current_span(
                f"{OPERATION} {MODEL}", kind=SpanKind.CLIENT, attributes=request(case, repeat)
            ) as span:
                ask(span, template.replace("{review}", case["text"]), case["expected"])
    provider.shutdown()


def request(case: Json, repeat: int) -> dict[str, str | int | float]:
    """Return what is known of a call before it is made."""
    return {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.provider.name": "local",
        "gen_ai.request.model": MODEL,
        "gen_ai.request.temperature": PARAMETERS["temperature"],
        "gen_ai.request.max_tokens": PARAMETERS["max_tokens"],
        "optimizer.case_id": case["case_id"],
        "optimizer.repeat": repeat,
    }


def ask(span: Span, prompt: str, expected: str) -> None:
    """Make one call and write down the reply, its tokens and its grade."""
    reply = complete("otel", prompt)
    choice, usage = reply["choices"][0], reply["usage"]
    _, failure = grade(choice["text"], expected)
    reason = choice["finish_reason"]
    span.set_attributes(
        {
            "gen_ai.response.id": reply["id"],
            "gen_ai.response.model": reply["model"],
            "gen_ai.response.finish_reasons": [reason],
            "gen_ai.usage.input_tokens": usage["prompt_tokens"],
            "gen_ai.usage.output_tokens": usage["completion_tokens"],
            "gen_ai.input.messages": messages("user", prompt),
            "gen_ai.output.messages": messages("assistant", choice["text"], reason),
        }
    )
    grading: dict[str, str | float] = {
        "gen_ai.evaluation.name": "first_label",
        "gen_ai.evaluation.score.value": 0.0 if failure else 1.0,
        "gen_ai.evaluation.score.label": "fail" if failure else "pass",
        "gen_ai.response.id": reply["id"],
    }
    if failure:
        grading["gen_ai.evaluation.explanation"] = failure
    span.add_event("gen_ai.evaluation.result", grading)


def messages(role: str, text: str, finish_reason: str | None = None) -> str:
    """Return one message in the JSON of the conventions."""
    message: Json = {"role": role, "parts": [{"type": "text", "content": text}]}
    if finish_reason:
        message["finish_reason"] = finish_reason
    return json.dumps([message], ensure_ascii=False)


if __name__ == "__main__":
    main()
