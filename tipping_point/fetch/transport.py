"""One request and its answer: the HTTP client (urllib3), proxies, certificates, redirects, and turns by host.

Only `download` uses this module; nothing else of the package opens a connection.
"""

from __future__ import annotations

import email.utils
import importlib.metadata
import json
import logging
import os
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, LocationValueError, SSLError

from tipping_point.tables import InputError

logger = logging.getLogger(__name__)

EVERY_HOST = "*"
"""The key of a mirror of every host: <base>/<host>/<path>."""
_BUNDLES = ("TIPPING_POINT_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that may name a file of certificates; OpenSSL itself reads SSL_CERT_FILE and SSL_CERT_DIR."""
_MOVED = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may be gone at the next try."""
_WORDS = {429: "too many requests", 503: "service unavailable", 404: "not found", 403: "forbidden", 410: "gone"}


@dataclass(frozen=True)
class Manners:
    """How a service is treated: times in seconds, sizes in bytes."""

    connect_seconds: float = 15.0
    read_seconds: float = 90.0
    """The longest silence in an answer."""
    total_seconds: float = 4 * 3600.0
    """The longest time for one file, tries and waits included."""
    tries: int = 5
    """Tries in a row that bring nothing."""
    backoff_seconds: float = 1.0
    """The wait after the first failure; it doubles with each."""
    longest_wait: float = 120.0
    """A wait longer than this is not made, whoever asks for it."""
    redirects: int = 5
    spacing_seconds: float = 0.1
    """Between two requests to one host."""
    largest: int = 4 << 30
    """Bytes of one answer."""
    large: int = 50 << 20
    """Bytes from which on a size is said before the download starts."""


class DownloadError(InputError):
    """A service did not answer as it is known to; `status` is that of HTTP, 0 where none came."""

    def __init__(self, fault: str, *, status: int = 0) -> None:
        super().__init__(fault)
        self.status = status


class TryAgain(Exception):  # noqa: N818 - it is an order rather than an error
    """A failure that may pass; raised by a client's check, too, where an answer says that the service is busy."""

    def __init__(self, why: str, *, status: int = 0, wait: float | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.wait = wait
        """Seconds that the service asks us to wait."""


@dataclass(frozen=True)
class Request:
    """What is asked of a service."""

    url: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    form: Mapping[str, object] | None = None
    """Sent as a POST, form-urlencoded."""
    body: object = None
    """Sent as a POST, JSON."""
    secret: Mapping[str, str] = field(default_factory=dict)
    """Parameters that are sent, and neither kept nor shown."""

    @property
    def address(self) -> str:
        """The address with its parameters, and the body of a POST after it; without secrets."""
        plain = _with_query(self.url, self.parameters)
        return plain if self.data is None else f"{plain} {self.data[0].decode()}"

    @property
    def full_url(self) -> str:
        """The address as it is sent."""
        return _with_query(self.url, {**self.parameters, **self.secret})

    @property
    def data(self) -> tuple[bytes, str] | None:
        """The body of a POST and its content type; None for a GET."""
        if self.form is not None:
            return _query(self.form).encode(), "application/x-www-form-urlencoded"
        if self.body is not None:
            return json.dumps(self.body, sort_keys=True).encode(), "application/json"
        return None


def _with_query(url: str, parameters: Mapping[str, object]) -> str:
    query = _query(parameters)
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def _query(parameters: Mapping[str, object]) -> str:
    # Commas, colons and asterisks stay as they are: lists of codes and of coordinates read better, and are allowed.
    return "&".join(
        f"{quote_plus(name, safe='.')}={quote_plus(str(value), safe=',:*=.')}" for name, value in parameters.items()
    )


@dataclass(frozen=True)
class Answer:
    """A response whose body has not been read yet."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    url: str
    """Where redirects led to, without query."""
    _response: urllib3.BaseHTTPResponse
    _deadline: float

    def read(self, most: int = 1 << 20) -> bytes:
        """The next bytes as they were sent (not decoded), as soon as there are any; b'' at the end.

        Raises:
            TryAgain: the connection was cut, or fell silent, or the time is over.
        """
        if time.monotonic() > self._deadline:
            raise DownloadError(f"{self.url}: the time allowed for one file is over; it stands where it stopped.")
        try:
            return self._response.read1(most, decode_content=False) or b""
        except HTTPError as error:
            raise TryAgain(f"the connection was cut ({error})", status=self.status) from error


class Client:
    """Connections that are kept open, with proxies and certificates of the environment and mirrors of the user."""

    def __init__(self, manners: Manners, mirrors: Mapping[str, str]) -> None:
        self.manners = manners
        self._mirrors = mirrors
        self._pools: dict[tuple[str, bool], urllib3.PoolManager] = {}
        self._next_turn: dict[str, float] = {}
        self._guard = threading.Lock()

    @contextmanager
    def ask(self, request: Request, headers: Mapping[str, str], *, deadline: float) -> Iterator[Answer]:
        """The answer to a request, redirects followed; the body is read while the block runs.

        Raises:
            TryAgain: no connection, or a status that may pass.
            DownloadError: an address that is none, a redirect that is not followed, a certificate that is not
                trusted, or a status that will not pass.
        """
        data, url = request.data, request.full_url
        _check_address(url, request.address)
        for _ in range(self.manners.redirects + 1):
            response = self._send(url, data, headers, shown=request.address)
            try:
                if response.status in _MOVED and response.headers.get("location"):
                    url = _redirect(url, response.headers["location"], request.address)
                    data = data if response.status in (307, 308) else None
                    continue
                names = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status, names, urlsplit(url)._replace(query="").geturl(), response, deadline)
                _check_status(answer, request.address)
                yield answer
                return
            finally:
                # What is left of a body is not read to the end: it may have none.
                response.close()
        raise DownloadError(f"{request.address}: more than {self.manners.redirects} redirects; not followed further.")

    def _send(
        self, url: str, data: tuple[bytes, str] | None, headers: Mapping[str, str], *, shown: str
    ) -> urllib3.BaseHTTPResponse:
        target = mirrored(url, self._mirrors)
        host = urlsplit(target).hostname or ""
        self._wait_turn(host)
        manners = self.manners
        sent = {"User-Agent": user_agent(), "Accept": "*/*", **headers}
        try:
            return self._pool(target).request(
                "GET" if data is None else "POST",
                target,
                body=data and data[0],
                headers=sent if data is None else {**sent, "Content-Type": data[1]},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=manners.connect_seconds, read=manners.read_seconds),
            )
        except (LocationParseError, LocationValueError) as error:
            raise DownloadError(f"{shown} is no address that can be asked: {error}.") from error
        except SSLError as error:
            raise DownloadError(
                f"{shown}: the certificate of {host} is not trusted ({error}). Where your network has its own, name the"
                f" file of certificates in {_BUNDLES[0]} or SSL_CERT_FILE."
            ) from error
        except HTTPError as error:
            raise TryAgain(f"{host} cannot be reached ({error})") from error

    def _wait_turn(self, host: str) -> None:
        with self._guard:
            now = time.monotonic()
            turn = max(now, self._next_turn.get(host, 0.0))
            self._next_turn[host] = turn + self.manners.spacing_seconds
        time.sleep(turn - now)

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        known = getproxies()
        proxy = known.get(parts.scheme) or known.get("all") or ""
        if proxy_bypass(parts.hostname or ""):
            proxy = ""
        # Certificates take a tenth of a second to read: only where they are needed.
        secure = parts.scheme == "https" or proxy.startswith("https")
        with self._guard:
            if (proxy, secure) not in self._pools:
                self._pools[proxy, secure] = _open_pool(proxy, trust() if secure else None)
            return self._pools[proxy, secure]


def _open_pool(proxy: str, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    if not proxy:
        return urllib3.PoolManager(ssl_context=context)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in ("http", "https"):
        raise DownloadError(
            f"The environment names a proxy of the kind '{parts.scheme}', which is not supported; allowed are http and"
            f" https."
        )
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else {}
    return urllib3.ProxyManager(bare, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context)


def trust() -> ssl.SSLContext:
    """The certificates that are trusted: the system's, certifi's, and those of a file the environment names."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    for name in _BUNDLES:
        given = os.environ.get(name)
        if not given:
            continue
        try:
            path = Path(given)
            context.load_verify_locations(capath=given) if path.is_dir() else context.load_verify_locations(given)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"The environment variable {name} names '{given}', which holds no certificates that can be"
                f" read: {error}."
            ) from error
    return context


def user_agent() -> str:
    """What the project calls itself; some publishers refuse the default of a library."""
    return f"tipping-point/{importlib.metadata.version('tipping-point')} (ward-level analysis of open data)"


def read_mirrors(text: str) -> dict[str, str]:
    """Mirrors as an environment variable gives them: 'host=base' and 'base' (for every host), parted by blanks.

    Raises:
        InputError: a base that is no http or https address.
    """
    mirrors: dict[str, str] = {}
    for item in text.split():
        name, sign, base = item.partition("=")
        host, base = (name, base) if sign and "/" not in name else (EVERY_HOST, item)
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
            raise InputError(
                f"Mirror: {item!r} is not understood; allowed are https://mirror.example/path, under which each host"
                f" has a folder of its name, and host=https://mirror.example/path, parted by blanks."
            )
        mirrors[host.lower()] = base.rstrip("/")
    return mirrors


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """The address at the mirror of its host, or itself where it has none."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if any(url.startswith(f"{base}/") for base in mirrors.values()):
        return url
    if host in mirrors:
        base = mirrors[host]
    elif EVERY_HOST in mirrors:
        base = f"{mirrors[EVERY_HOST]}/{host}"
    else:
        return url
    return base + parts._replace(scheme="", netloc="").geturl()


def _check_address(url: str, shown: str) -> None:
    try:
        parts = urlsplit(url)
        fault = "" if parts.scheme in ("http", "https") and parts.hostname else "https://host/path is wanted"
    except ValueError as error:
        fault = str(error)
    if fault:
        raise DownloadError(f"{shown} is no address that can be asked: {fault}.")


def _redirect(url: str, location: str, shown: str) -> str:
    target = urljoin(url, location)
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https") or (scheme == "http" and urlsplit(url).scheme == "https"):
        raise DownloadError(
            f"{shown} redirects to {urlsplit(target)._replace(query='').geturl()[:200]}, which is not followed: allowed"
            f" are https, and http from http."
        )
    return target


def _check_status(answer: Answer, shown: str) -> None:
    status = answer.status
    if status in (200, 206, 304, 416):
        return
    said = f"HTTP {status}" + (f" ({_WORDS[status]})" if status in _WORDS else "")
    if status in _PASSING:
        raise TryAgain(f"it answered {said}", status=status, wait=_retry_after(answer.headers.get("retry-after", "")))
    raise DownloadError(f"{shown}: the service answered {said}{_excerpt(answer)}.", status=status)


def _retry_after(text: str) -> float | None:
    """Seconds of a Retry-After header, which gives seconds or a date; None where it gives neither."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _excerpt(answer: Answer) -> str:
    """The beginning of an error's body, where it is text for people."""
    try:
        text = answer.read(1024).decode("utf-8", errors="ignore").strip()
    except TryAgain:
        return ""
    return "" if not text or text.startswith("<") or not text.isprintable() else f": {text[:200]}"
