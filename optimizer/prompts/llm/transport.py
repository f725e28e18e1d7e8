"""One HTTP request and its response, bounded in time and size; no proxies, no redirects."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import time
import zlib
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError

CHUNK_BYTES = 65536
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".lan")


class Unreachable(Exception):  # noqa: N818 - the client says what it means
    """No response: no connection, or it broke, or it took too long.

    Args:
        message: What happened.
        again: Whether another try may help.
    """

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Unreadable(Exception):  # noqa: N818 - the client says what it means
    """A response that is too long, or packed in an unknown way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a service sent.

    Attributes:
        status: HTTP status.
        headers: By name in lower case.
        body: Unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def endpoint(base_url: str, path: str, *, allow_plain_http: bool) -> SplitResult:
    """Return the address of a path under a base address.

    Raises:
        ConfigError: It is no address, holds a password, or would carry the key readable.
    """
    try:
        url = urlsplit(base_url.strip().rstrip("/") + path)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise ConfigError(f"llm.base_url: {error}, expected an address") from error
    if url.scheme not in ("http", "https") or not host:
        raise ConfigError(
            f"llm.base_url: {base_url!r}, expected an address such as http://127.0.0.1:8000/v1"
        )
    if not base_url.strip().isascii() or " " in base_url.strip():
        raise ConfigError("llm.base_url: holds spaces or letters beyond ASCII, expected neither")
    if url.username is not None or url.password is not None:
        raise ConfigError(
            "llm.base_url: holds a name or a password, expected none",
            hint="Put the key into an environment variable and name that in llm.key_env.",
        )
    if url.query or url.fragment:
        raise ConfigError("llm.base_url: holds ? or #, expected an address without them")
    if url.scheme == "http" and not allow_plain_http and not _is_near(host):
        raise ConfigError(
            f"llm.base_url: http://{host}, expected https: key and prompts would be readable",
            hint="Use https, or set llm.allow_plain_http where the way there is safe.",
        )
    return url


def post(
    url: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    max_bytes: int,
) -> Response:
    """Send a body and return the response, whatever its status.

    Raises:
        Unreachable: There was no response in time.
        Unreadable: It is too long, or packed in an unknown way.
    """
    deadline = time.monotonic() + timeout_s
    connection = _connection(url, timeout_s)
    try:
        connection.request("POST", url.path, body=body, headers=dict(headers))
        response = connection.getresponse()
        raw = _body(connection, response, deadline, max_bytes)
    except TimeoutError as error:
        raise Unreachable(f"no answer within {timeout_s:g} s") from error
    except (ssl.SSLCertVerificationError, UnicodeError) as error:
        raise Unreachable(str(error), again=False) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Response(
        status=response.status, headers=found, body=_unpacked(raw, found, max_bytes=max_bytes)
    )


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine or in its own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(LOCAL_NAMES)
    return address.is_loopback or address.is_private or address.is_link_local


def _connection(url: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=timeout_s)


def _body(
    connection: http.client.HTTPConnection,
    response: http.client.HTTPResponse,
    deadline: float,
    max_bytes: int,
) -> bytes:
    n_promised = response.length
    body = bytearray()
    while n_promised is None or len(body) < n_promised:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(CHUNK_BYTES)
        if not piece:
            break
        body += piece
        if len(body) > max_bytes:
            raise Unreadable(f"more than {max_bytes} bytes")
    if n_promised is not None and len(body) < n_promised:
        raise http.client.IncompleteRead(bytes(body), n_promised - len(body))
    return bytes(body)


def _unpacked(raw: bytes, headers: Mapping[str, str], *, max_bytes: int) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable(f"packed as {encoding[:40]!r}")
    unpacking = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        unpacked = unpacking.decompress(raw, max_bytes + 1)
    except zlib.error as error:
        raise Unreadable(f"damaged {encoding}") from error
    if len(unpacked) > max_bytes:
        raise Unreadable(f"more than {max_bytes} bytes")
    if not unpacking.eof:
        raise Unreadable(f"damaged {encoding}")
    return unpacked
