"""What secrets look like in JSON text, and the bytes that give them away.

A secret is found in two steps: `telltales` looks for a few bytes of it everywhere, which is cheap,
and its pattern is tried only there. Patterns never take half an escape: JSON stays JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REDACTED = b"[redacted]"

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
_PEM_BODY = rb"(?:[A-Za-z0-9+/=:,.\s]|-(?!----)|\\+(?:[nrt/]|u%b{4}))*+" % _HEX

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


def _valued(name: bytes, *windows: Letters, offset: int = 0) -> LongSecret:
    """Return the secret that is the value of a field, in JSON or in a text that holds JSON."""
    pattern = name + b"(?:" + _VALUE + b"|" + _VALUE_IN_TEXT + b")"
    return LongSecret(
        pattern=re.compile(pattern, re.IGNORECASE | re.DOTALL), windows=windows, offset=offset
    )


def _two(first: bytes, second: bytes) -> tuple[Letters, Letters]:
    """Return the windows on two words with and without a separator between them."""
    apart = (*_letters(first), SEPARATOR, *_letters(second))
    joined = (*_letters(first), *_letters(second), b'"\\')
    return apart[:7], joined[:7]


_BEARER = rb"(?:[A-Za-z0-9._~+/=-]|\\/)"
_WITH_DIGIT = rb"(?=(?:[A-Za-z._~+/=-]|\\/)*+[0-9])"
_B64 = rb"[A-Za-z0-9+/]"
_COLON_IN_BASE64 = rb"(?:B[DTjz][o-r]|BB[AEIMQUYcgkosw048]6|BBBBO[g-v])".replace(b"B", _B64)

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
    _valued(rb"api[_-]?key", *_two(b"api", b"key")),
    _valued(rb"access[_-]?token", *_two(b"ess", b"token"), offset=3),
    _valued(rb"refresh[_-]?token", *_two(b"esh", b"token"), offset=4),
    _valued(rb"client[_-]?secret", *_two(b"ent", b"secret"), offset=3),
    _valued(rb"secret[_-]?key", *_two(b"ret", b"key"), offset=3),
    _valued(rb"secret[_-]?access[_-]?key", *_two(b"ret", b"access"), offset=3),
    _valued(rb"private[_-]?key", *_two(b"ate", b"key"), offset=4),
    _valued(rb"password", _letters(b"passwor")),
    _valued(rb"passwd", (*_letters(b"passwd"), b'"\\')),
    _valued(rb"authorization", _letters(b"horizat"), offset=3),
)
