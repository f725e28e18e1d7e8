"""What secrets look like in JSON text, and the bytes that give them away.

A secret is found in two steps: `redaction` looks for its telltale bytes everywhere, which is
cheap, and tries its pattern only there. The telltale is therefore part of the pattern's own text,
at a fixed distance from its start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REDACTED = b"[redacted]"
ALNUM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TOKEN = ALNUM + b"_-"
BASE64 = ALNUM + b"+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortSecret:
    """A secret that begins with a few bytes in a certain case.

    Attributes:
        pattern: Its first group, or all of it, is blanked.
        head: The bytes it may begin with, position by position.
        telltale: Two positions in `head`, one even and one odd, where a rare pair of bytes begins.
    """

    pattern: re.Pattern[bytes]
    head: tuple[bytes, ...]
    telltale: tuple[int, int]


def _head(text: bytes) -> tuple[bytes, ...]:
    return tuple(text[n : n + 1] for n in range(len(text)))


_AFTER_NO_WORD = rb"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
_KEY_BLOCK = rb"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_KEY_BODY = rb"(?:[A-Za-z0-9+/=:,. ]|-(?!----)|\\+(?:[nrt/]|u[0-9A-Fa-f]{4})|[\r\n\t])*+"

SHORT_SECRETS = (
    ShortSecret(  # OpenAI, Anthropic and those who copied them
        pattern=re.compile(_AFTER_NO_WORD + rb"sk-[A-Za-z0-9_-]{16,}"),
        head=(*_head(b"sk-"), *[TOKEN] * 16),
        telltale=(0, 1),
    ),
    ShortSecret(  # AWS
        pattern=re.compile(rb"A[KS]IA[A-Z0-9]{16}"),
        head=(b"A", b"KS", b"I", b"A"),
        telltale=(0, 1),
    ),
    ShortSecret(  # Google
        pattern=re.compile(rb"AIza[A-Za-z0-9_-]{30,}"), head=_head(b"AIza"), telltale=(2, 1)
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
            rb"eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"
        ),
        head=(*_head(b"eyJ"), *[TOKEN] * 5),
        telltale=(2, 1),
    ),
    ShortSecret(  # private keys in PEM or PGP armour, with or without their end
        pattern=re.compile(
            rb"-----BEGIN " + _KEY_BLOCK + _KEY_BODY + rb"(?:-----END " + _KEY_BLOCK + rb")?"
        ),
        head=_head(b"-----BEGIN "),
        telltale=(6, 5),
    ),
    ShortSecret(  # the password in an address
        pattern=re.compile(
            rb":\\?/\\?/[^\s\"\\/@:?#]*:(?!\[redacted\]@)([^\s\"\\/@]+)@"
        ),
        head=(b":", b"/\\", b"/"),
        telltale=(0, 1),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSecret:
    """A secret that begins with a word in any case.

    Attributes:
        pattern: Its first group, or all of it, is blanked.
        windows: Seven bytes of the word in lower case; one of them is always there.
        offset: How far into the pattern each of them begins.
    """

    pattern: re.Pattern[bytes]
    windows: tuple[bytes, ...]
    offset: int


_BEARER = rb"(?:[A-Za-z0-9._~+/=-]|\\/)"
_SOME_DIGIT = rb"(?=(?:[A-Za-z._~+/=-]|\\/)*+[0-9])"
_B64 = rb"[A-Za-z0-9+/]"
_COLON_IN_BASE64 = (
    rb"(?:B[DTjz][o-r]|BB[AEIMQUYcgkosw048]6|BBBBO[g-v])".replace(b"B", _B64)
)
_VALUE = rb"\"\s*:\s*\"(?!\[redacted\]\")((?:[^\"\\]|\\.)++)"
_VALUE_IN_TEXT = (
    rb"\\\"(?:\s|\\[nrt])*:(?:\s|\\[nrt])*\\\"(?!\[redacted\]\\\")"
    rb"((?:[^\"\\]|\\(?:u[0-9A-Fa-f]{4}|[bfnrt/])|\\\\(?:\\[\"\\]|[^\"\\]))++)"
)


def _keyed(name: bytes, *windows: bytes, offset: int = 0) -> LongSecret:
    """Return the secret that is the value of a field of a certain name, in JSON or JSON in it."""
    pattern = name + b"(?:" + _VALUE + b"|" + _VALUE_IN_TEXT + b")"
    return LongSecret(
        pattern=re.compile(pattern, re.IGNORECASE | re.DOTALL), windows=windows, offset=offset
    )


LONG_SECRETS = (
    LongSecret(
        pattern=re.compile(
            rb"bearer +(" + _SOME_DIGIT + _BEARER + rb"{8,}|" + _BEARER + rb"{20,})",
            re.IGNORECASE,
        ),
        windows=(b"bearer ",),
        offset=0,
    ),
    LongSecret(  # base64 of user:password
        pattern=re.compile(
            rb"(?i:basic) +(?=" + _B64 + rb"{6})((?:" + _B64 + rb"{4})*?"
            + _COLON_IN_BASE64 + _B64 + rb"*={0,2})"
        ),
        windows=tuple(b"basic " + bytes([letter]) for letter in BASE64 + b" "),
        offset=0,
    ),
    LongSecret(
        pattern=re.compile(rb"github_pat_[A-Za-z0-9_]{20,}"), windows=(b"github_",), offset=0
    ),
    _keyed(rb"api[_-]?key", b"api_key", b"api-key", b'apikey"', b"apikey\\"),
    _keyed(rb"access[_-]?token", b"ess_tok", b"ess-tok", b"esstoke", offset=3),
    _keyed(rb"refresh[_-]?token", b"esh_tok", b"esh-tok", b"eshtoke", offset=4),
    _keyed(rb"client[_-]?secret", b"ent_sec", b"ent-sec", b"entsecr", offset=3),
    _keyed(rb"secret[_-]?key", b"ret_key", b"ret-key", b'retkey"', b"retkey\\", offset=3),
    _keyed(
        rb"secret[_-]?access[_-]?key", b"ret_acc", b"ret-acc", b"retacce", offset=3
    ),
    _keyed(rb"password", b"passwor"),
    _keyed(rb"passwd", b'passwd"', b"passwd\\"),
    _keyed(rb"authorization", b"horizat", offset=3),
    _keyed(rb"private[_-]?key", b"vate_ke", b"vate-ke", b"vatekey", offset=3),
)
