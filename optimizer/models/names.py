"""Names of files as text: a name is bytes, and not all bytes are text."""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")
_BYTES = range(0xDC80, 0xDD00)
"""What Python makes of bytes that are not UTF-8."""


def legible(name: str) -> str:
    r"""Return a name that can be stored and printed: bytes that are not UTF-8 as `\xff`."""
    return _HALF.sub(lambda match: _spelled(ord(match[0])), name)


def _spelled(code: int) -> str:
    return f"\\x{code & 0xFF:02x}" if code in _BYTES else f"\\u{code:04x}"
