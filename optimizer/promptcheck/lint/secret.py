"""Critical: a key or a password that anybody who reads the prompt can use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_SECRETS = {
    "an AWS access key": ("AKIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": ("gh", r"\bgh[pousr]_[0-9A-Za-z]{36,}\b"),
    "a fine-grained GitHub token": ("github_pat_", r"\bgithub_pat_\w{60,}\b"),
    "a Slack token": ("xox", r"\bxox[abprs]-[0-9A-Za-z\-]{20,}"),
    "a Google API key": ("AIza", r"\bAIza[0-9A-Za-z_\-]{35}"),
    "a Stripe key": ("_live_", r"\b[rs]k_live_[0-9A-Za-z]{20,}\b"),
    "an LLM provider's key": ("sk-", r"\bsk-(?:ant-|proj-|or-v1-|svcacct-)?[0-9A-Za-z_\-]{32,}"),
    "a Hugging Face token": ("hf_", r"\bhf_[A-Za-z]{34}\b"),
    "a JSON Web Token": ("eyJ", r"\beyJ[\w\-]{10,}\.eyJ[\w\-]{10,}\.[\w\-]{10,}"),
    "a private key": ("PRIVATE KEY", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
"""What a secret is, a string that each has, and its pattern."""

_COMPILED = {what: re.compile(pattern) for what, (_, pattern) in _SECRETS.items()}


def _secrets(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    for what, (always_there, _) in _SECRETS.items():
        if always_there in text or (always_there == "AKIA" and "ASIA" in text):
            for match in _COMPILED[what].finditer(text):
                yield Found(
                    message=f"This reads as {what}.",
                    suggestion="Withdraw it, and give it to the tool that needs it instead.",
                    start=match.start(),
                    end=match.end(),
                )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P009",
        name="secret",
        severity=IssueSeverity.CRITICAL,
        what="A key, a token or a private key of a known shape; its characters are never printed.",
        why=(
            "A prompt is sent to its provider, logged, cached, and told to whoever asks the "
            "model for it."
        ),
        bad="List the buckets of the account with the key AKIAIOSFODNN7EXAMPLE.",
        good="List the buckets of the account with the tool list_buckets.",
        fix=FixSafety.NONE,
        evidence="A matter of security; no measurement is needed.",
    ),
    check=_secrets,
)
