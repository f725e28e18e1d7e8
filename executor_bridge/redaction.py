"""x."""
from collections.abc import Sequence
from dataclasses import dataclass
@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """x."""
    content: bytes
    n_redacted: int
def redact(content: bytes, patterns: Sequence[str] = ()) -> Redacted:
    """x."""
    return Redacted(content=content, n_redacted=0)
