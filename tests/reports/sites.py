"""Prompts found in files."""

from __future__ import annotations

from functools import partial
from typing import Any

from optimizer.models.sites import FoundInFiles, PromptFormat, PromptSite, SkippedPrompt
from reports.gallery.prompt_sites import prompt_sites

NODES = "/workflow/graph/nodes"


def site(path: str, pointer: str, text: str, *variables: str, **more: Any) -> PromptSite:
    facts: dict[str, Any] = {
        "prompt_id": f"{path}#{pointer}" if pointer else path,
        "path": path,
        "format": PromptFormat.TEXT,
        "pointer": pointer,
        "node_id": "",
        "node_type": "file",
        "role": "user",
        "text": text,
        "variables": variables,
    }
    return PromptSite(**(facts | more))


FOUND = FoundInFiles(
    sites=(
        site("prompts/triage.md", "", "Sort the ticket.\n\n{{ticket}}\n", "ticket"),
        site(
            "support.yml",
            f"{NODES}/1/data/prompt_template/0/text",
            "You sort tickets.",
            node_id="1720672602189",
            node_type="llm",
            role="system",
            line=42,
        ),
        site(
            "support.yml",
            f"{NODES}/1/data/prompt_template/1/text",
            "{{#1720672602100.ticket#}} in {{#sys.query#}}",
            "1720672602100.ticket",
            "sys.query",
            node_id="1720672602189",
            node_type="llm",
            line=46,
        ),
    ),
    skipped=(
        SkippedPrompt(path="README.md", pointer="", reason="is left out of a folder by its name"),
        SkippedPrompt(path="support.yml", pointer=f"{NODES}/3/text", line=70, reason="is empty"),
    ),
    n_files=3,
)
CASES = {
    "prompt_sites": (prompt_sites, (FOUND,)),
    "prompt_sites-texts": (partial(prompt_sites, texts=True), (FOUND,)),
    "prompt_sites-empty": (prompt_sites, (FoundInFiles(sites=(), skipped=(), n_files=1),)),
}
