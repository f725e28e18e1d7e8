"""Ask the served model, for the tools that leave the call to the user's own code.

Needs only the standard library, and `serve.py` running.
"""

import json
import os
import urllib.request

from suite import MODEL, PARAMETERS, Json

SERVER = os.environ.get("SUITE_SERVER", "http://127.0.0.1:8765")


def complete(session: str, prompt: str) -> Json:
    """Return the reply to one raw completion; the session's name keeps the tools' counts apart."""
    request = urllib.request.Request(
        f"{SERVER}/{session}/v1/completions",
        json.dumps({"model": MODEL, "prompt": prompt, **PARAMETERS}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        reply: Json = json.load(response)
    return reply
