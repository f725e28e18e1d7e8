"""Text in the log of a CI job, made harmless: nothing in it may command the runner of the job."""

from __future__ import annotations

import os
import re

LISTENERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""What is set where a runner takes lines of the log for commands."""

ANYWHERE = re.compile(r"#(?=#(?:vso|teamcity)?\[)")
AT_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def unheard(text: str) -> str:
    r"""Return a text without commands: `::error::` as `\x3a:error::` where a runner listens."""
    if not any(os.environ.get(name) for name in LISTENERS):
        return text
    return ANYWHERE.sub(r"\\x23", AT_START.sub(r"\1\\x3a", text))


def unheard_json(text: str) -> str:
    """Return JSON of the same content without commands."""
    return ANYWHERE.sub(r"\\u0023", text)
