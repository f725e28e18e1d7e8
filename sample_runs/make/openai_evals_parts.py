"""The suite's completion function and grader in the shape OpenAI evals calls."""

import random
from typing import Any

import evals
import evals.metrics
from client import complete
from evals.api import CompletionFn, CompletionResult
from evals.record import RecorderBase, record_match, record_sampling
from suite import MODEL, grade, read_prompts


class Reply(CompletionResult):
    """One reply of the model."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_completions(self) -> list[str]:
        """Return the reply, the only one."""
        return [self.text]


class Completions(CompletionFn):
    """Raw completions of the served model under one of the suite's prompts."""

    def __init__(self, prompt_variant: str, session: str, **_: Any) -> None:
        self.template = read_prompts()[prompt_variant]
        self.session = session

    def __call__(self, prompt: str, **_: Any) -> Reply:
        """Ask once, and record what was asked and said."""
        rendered = self.template.replace("{review}", prompt)
        reply = complete(self.session, rendered)
        text, usage = reply["choices"][0]["text"], reply["usage"]
        tokens = {name: usage[name] for name in ("prompt_tokens", "completion_tokens")}
        tokens["total_tokens"] = usage["total_tokens"]
        record_sampling(prompt=rendered, sampled=text, model=MODEL, usage=tokens)
        return Reply(text)


class FirstLabel(evals.Eval):
    """A match when the first label of the reply is the expected one."""

    def eval_sample(self, sample: dict[str, str], _: random.Random) -> None:
        """Ask about one review and grade the reply."""
        text = self.completion_fn(prompt=sample["input"]).get_completions()[0]
        label, failure = grade(text, sample["ideal"])
        record_match(failure is None, expected=sample["ideal"], picked=label, sampled=text)

    def run(self, recorder: RecorderBase) -> dict[str, float]:
        """Run every review and report the share that matched."""
        self.eval_all_samples(recorder, self.get_samples())
        return {"accuracy": evals.metrics.get_accuracy(recorder.get_events("match"))}
