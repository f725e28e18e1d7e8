"""What secrets look like in JSON text and in others, and the bytes that give them away.

A secret is found in two steps: `telltales` looks for a few bytes of it everywhere, which is cheap,
and its pattern is tried only there. Patterns never take half an escape: JSON stays JSON.
"""

from __future__ import annotations

import re

from optimizer.models.dataclass import dataclass

REDACTED = b"[redacted]"
REDACTED_IN_YAML = b"<redacted>"
"""There a bracket would begin a list."""

Letters = tuple[bytes, ...]
"""The bytes allowed at one position after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortSecret:
    """A secret that begins with a few bytes in a certain case.

    Attributes:
        pattern: Its first group, or all of it, is blanked; where that is empty there is no secret,
            and none of its kind begins before the end of the match.
        head: How it begins.
        telltale: Two places in `head`, one even and one odd, where a rare pair of bytes begins.
    """

    pattern: re.Pattern[bytes]
    head: Letters
    telltale: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSecret:
    """A secret that begins with a word in any case.

    Attributes:
        pattern: Its first group, or all of it, is blanked.
        windows: Seven bytes from the word in lower case; one of the windows is always there.
        offset: How far into the pattern they begin.
    """

    pattern: re.Pattern[bytes]
    windows: tuple[Letters, ...]
    offset: int = 0


def _letters(text: bytes) -> Letters:
    return tuple(text[n : n + 1] for n in range(len(text)))


ALNUM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TOKEN = ALNUM + b"_-"
BASE64 = ALNUM + b"+/"
SEPARATOR = b"_-"

_HEX = rb"[0-9A-Fa-f]"
_FREE = rb"(?<!\\u)(?<!\\u%b)(?<!\\u%b%b)(?<!\\u%b%b%b)" % ((_HEX,) * 6)
"""Not within an escape such as `\\u00ea`, whose last digits could pass for the first letters."""

_NEW_WORD = rb"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u%b%b%b%b))" % ((_HEX,) * 4)
_PEM_LABEL = rb"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_LINE_END = rb"&#(?:10|13|[xX][aAdD]);"
_PEM_BODY = rb"(?:[A-Za-z0-9+/=:,.\s]|-(?!----)|\\+(?:[nrt/]|u%b{4})|" % _HEX + _LINE_END + rb")*+"

SHORT_SECRETS = (
    ShortSecret(  # OpenAI, Anthropic and those who copied them
        pattern=re.compile(_NEW_WORD + rb"sk-[A-Za-z0-9_-]{16,}"),
        head=(*_letters(b"sk-"), *[TOKEN] * 16),
        telltale=(0, 1),
    ),
    ShortSecret(  # AWS
        pattern=re.compile(_FREE + rb"A[KS]IA[A-Z0-9]{16}"),
        head=(b"A", b"KS", b"I", b"A"),
        telltale=(0, 1),
    ),
    ShortSecret(  # Google
        pattern=re.compile(_FREE + rb"AIza[A-Za-z0-9_-]{30,}"),
        head=_letters(b"AIza"),
        telltale=(2, 1),
    ),
    ShortSecret(  # GitHub
        pattern=re.compile(rb"gh[pousr]_[A-Za-z0-9]{20,}"),
        head=(b"g", b"h", b"pousr", b"_"),
        telltale=(0, 1),
    ),
    ShortSecret(  # Slack
        pattern=re.compile(rb"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
        head=(b"x", b"o", b"x", b"abeoprs", b"-"),
        telltale=(0, 1),
    ),
    ShortSecret(  # JSON web tokens
        pattern=re.compile(
            _FREE + rb"eyJ(?:%b{5,}+\.eyJ%b{5,}+(?:\.%b*+)?|%b*+())" % ((rb"[A-Za-z0-9_-]",) * 4)
        ),
        head=(*_letters(b"eyJ"), *[TOKEN] * 5),
        telltale=(2, 1),
    ),
    ShortSecret(  # private keys in armour, with or without their end
        pattern=re.compile(
            rb"-----BEGIN " + _PEM_LABEL + _PEM_BODY + rb"(?:-----END " + _PEM_LABEL + rb")?"
        ),
        head=_letters(b"-----BEGIN "),
        telltale=(6, 5),
    ),
    ShortSecret(  # the password in an address
        pattern=re.compile(rb":\\?/\\?/[^\s\"\\/@:?#]*:(?!\[redacted\]@)([^\s\"\\/@]+)@"),
        head=(b":", b"/\\", b"/"),
        telltale=(0, 1),
    ),
)

_PIECE = rb"(?:[^\"\\]|\\.)"
_PIECE_IN_TEXT = rb"(?:[^\"\\]|\\(?:u%b{4}|[bfnrt/])|\\\\(?:\\[\"\\]|[^\"\\]))" % _HEX
_SPACE_IN_TEXT = rb"(?:\s|\\[nrt])*"


def _once(piece: bytes) -> bytes:
    """Return the pattern of a text of such pieces, unless it is blanked already."""
    return rb"(?!\[redacted\](?!%b))(%b++)" % (piece, piece)


_VALUE = rb"\"\s*:\s*\"" + _once(_PIECE)
_VALUE_IN_TEXT = (
    rb"\\\"" + _SPACE_IN_TEXT + rb":" + _SPACE_IN_TEXT + rb"\\\"" + _once(_PIECE_IN_TEXT)
)


_LIST = rb"arrayValue\"\s*:\s*\{\s*\"values\"\s*:\s*\[\s*\{\s*\""
_IN_PAIR = (
    rb"\"\s*,\s*\"value\"\s*:\s*(?:\{\s*\"(?:" + _LIST + rb")?stringValue\"\s*:\s*)?\""
) + _once(_PIECE)
"""The value of a name in a pair: `{"key": name, "value": ...}`, as OpenTelemetry writes it too."""

_SCHEME = rb"(?i:(?:bearer|basic|token)[ ]+)?+"
_WORD = rb"[^\s\"'\\,;&<>|(){}\[\]$]"
_SAID = (
    rb"(?:[ ]?=[ ]?|:[ ]*)" + _SCHEME + rb"(?=%b{0,99}?[0-9])(%b{6,}+)" % (_WORD, _WORD),
    rb"=(?!(?i:null|none|true|false)\b)(%b++)" % _WORD,
)
"""The value of a name in a text, without quotes: after a colon only what does not look a word."""


def _valued(name: bytes, *windows: Letters, offset: int = 0) -> LongSecret:
    """Return the secret that is the value of a field, in JSON or in a text that holds JSON."""
    values = b"|".join((_VALUE, _VALUE_IN_TEXT, _IN_PAIR, *_SAID))
    return LongSecret(
        pattern=re.compile(name + b"(?:" + values + b")", re.IGNORECASE | re.DOTALL),
        windows=windows,
        offset=offset,
    )


_BEHIND = b"\"\\'=: \t&>"
"""What may follow the name of a secret, be it in JSON, YAML, CSV or XML."""


def _two(first: bytes, second: bytes) -> tuple[Letters, Letters]:
    """Return the windows on two words with and without a separator between them."""
    apart = (*_letters(first), SEPARATOR, *_letters(second))
    joined = (*_letters(first), *_letters(second), _BEHIND)
    return apart[:7], joined[:7]


_BEARER = rb"(?:[A-Za-z0-9._~+/=-]|\\/)"
_WITH_DIGIT = rb"(?=(?:[A-Za-z._~+/=-]|\\/)*+[0-9])"
_B64 = rb"[A-Za-z0-9+/]"
_COLON_IN_BASE64 = rb"(?:B[DTjz][o-r]|BB[AEIMQUYcgkosw048]6|BBBBO[g-v])".replace(b"B", _B64)

NAMES: tuple[tuple[bytes, tuple[Letters, ...], int], ...] = (
    (rb"api[_-]?key", _two(b"api", b"key"), 0),
    (rb"access[_-]?token", _two(b"ess", b"token"), 3),
    (rb"refresh[_-]?token", _two(b"esh", b"token"), 4),
    (rb"client[_-]?secret", _two(b"ent", b"secret"), 3),
    (rb"secret[_-]?key", _two(b"ret", b"key"), 3),
    (rb"secret[_-]?access[_-]?key", _two(b"ret", b"access"), 3),
    (rb"private[_-]?key", _two(b"ate", b"key"), 4),
    (rb"password", (_letters(b"passwor"),), 0),
    (rb"passwd", ((*_letters(b"passwd"), _BEHIND),), 0),
    (rb"authorization", (_letters(b"horizat"),), 3),
)
"""Names of fields whose values are secret, with what gives them away."""

SECRET_NAME = re.compile(
    rb".*(?:" + b"|".join(name for name, _, _ in NAMES) + b")", re.IGNORECASE | re.DOTALL
)
"""A whole name, of a column for instance, whose values are secret."""

LONG_SECRETS = (
    LongSecret(
        pattern=re.compile(
            rb"bearer +(%b%b{8,}|%b{20,})" % (_WITH_DIGIT, _BEARER, _BEARER), re.IGNORECASE
        ),
        windows=(_letters(b"bearer "),),
    ),
    LongSecret(  # base64 of user:password
        pattern=re.compile(
            rb"(?i:basic) +(?=%b{6})((?:%b{4})*?%b%b*={0,2})" % (_B64, _B64, _COLON_IN_BASE64, _B64)
        ),
        windows=((*_letters(b"basic "), BASE64 + b" "),),
    ),
    LongSecret(
        pattern=re.compile(rb"github_pat_[A-Za-z0-9_]{20,}"), windows=(_letters(b"github_"),)
    ),
    *[_valued(name, *windows, offset=offset) for name, windows, offset in NAMES],
)

_SPACE = rb"[ \t]*+"
_QUOTES: tuple[tuple[bytes, bytes], ...] = (
    (rb"\\*+(?:\"(?!\")|\"\"(?=[^\s,;:}\]\"\\]))", rb"[^\"\\\n]"),  # in CSV they are doubled
    (rb"'", rb"(?:[^'\n]|'')"),
    (rb"&(?:quot|apos|#3[49]|#[xX]2[27]);", rb"(?:[^&<\"\n]|&(?:amp|lt|gt);)"),
)
"""How texts that are no JSON quote a value, and what may stand in it."""

_END_OF_LINE = rb"(?=[ \t]*\r?(?:\n|\Z))"
_BLOCK = (
    rb"[|>][0-9+-]*[ \t]*\r?\n(?P<indent>[ \t]++)(?!\[redacted\])"
    rb"([^\r\n]+(?:\r?\n(?:(?P=indent)[^\r\n]*|(?=\r?\n)))*)"
)
"""A text of several lines in YAML, as far as it is indented."""

_VALUES_IN_TEXT = (
    *[quote + rb"(?!\[redacted\])(%b++)" % piece for quote, piece in _QUOTES],
    _BLOCK,
    _SCHEME + rb"(?!(?i:null|none|true|false|~)\b)(%b{1,299}+)" % _WORD + _END_OF_LINE,
)
_QUOTE = rb"(?:\\*+\"\"?|'|&(?:quot|apos|#3[49]|#[xX]2[27]);)"
_NAMED = (
    _QUOTE + rb"?" + _SPACE + b"[:=]" + _SPACE + b"(?:" + b"|".join(_VALUES_IN_TEXT) + b")",
    rb"[\"']\s+value\s*=\s*[\"'](?!\[redacted\])([^\"'<]++)",
    rb">\s*+(?:<!\[CDATA\[)?+(?!\[redacted\])([^<\s][^<\]]{0,500}+)(?:\]\]>)?\s*</",
)
"""Values by name where a text is no JSON: `name: value`, attributes and elements of XML."""

TEXT_SECRETS = tuple(
    LongSecret(
        pattern=re.compile(name + b"(?:" + b"|".join(_NAMED) + b")", re.IGNORECASE),
        windows=windows,
        offset=offset,
    )
    for name, windows, offset in NAMES
)
"""Further secrets of texts that are no JSON."""
