"""Critical: a key or a password that anybody who reads the prompt can use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.lint.base import Found, LintRule, Subject

_SECRETS = {
    "an AWS access key": (("AKIA", "ASIA"), r"[0-9A-Z]{16}\b"),
    "a GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\w{36,}\b",
    ),
    "a Slack token": (("xox",), r"[abprs]-[0-9A-Za-z\-]{20,}"),
    "a Google API key": (("AIza",), r"[0-9A-Za-z_\-]{35}"),
    "a Stripe key": (("sk_live_", "rk_live_"), r"[0-9A-Za-z]{20,}\b"),
    "an LLM provider's key": (("sk-",), r"(?:ant-|proj-|or-v1-|svcacct-)?[0-9A-Za-z_\-]{32,}"),
    "a Hugging Face token": (("hf_",), r"[A-Za-z]{34}\b"),
    "a JSON Web Token": (("eyJ",), r"[\w\-]{10,}\.eyJ[\w\-]{10,}\.[\w\-]{10,}"),
    "a private key": (("-----BEGIN ",), r"[A-Z ]*PRIVATE KEY-----"),
}
"""What a secret is, what it may begin with, and the pattern of the rest."""

_PATTERNS = {
    start: (what, re.compile(rf"{start}(?<![\w-]{start}){rest}"))
    for what, (starts, rest) in _SECRETS.items()
    for start in starts
}


def _secrets(subject: Subject) -> Iterator[Found]:
    text = subject.reading.text
    for start, (what, pattern) in _PATTERNS.items():
        for match in pattern.finditer(text) if _may_start(start, text) else ():
            yield Found(
                message=f"This reads as {what}.",
                suggestion="Withdraw it, and give it to the tool that needs it instead.",
                start=match.start(),
                end=match.end(),
            )


def _may_start(start: str, text: str) -> bool:
    """Tell whether a text holds the start of a secret; most texts hold no underscore."""
    return (start[-1] != "_" or "_" in text) and start in text


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
