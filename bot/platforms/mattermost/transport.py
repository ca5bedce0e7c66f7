"""One token's requests to a server: within its limits, each failure under one of the port's three names."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.platforms.payloads import Payload, dict_in, json_in, string_in
from indexer.sources.storable import needs_mending, storable

log = structlog.get_logger(__name__)

PLATFORM = "Mattermost"
TIMEOUT = 15.0  # seconds for one call
BUSY_SECONDS = 10.0  # how long to wait where a 429 does not say; a full burst takes as long to come back
LONGEST_WAIT = 600.0
LONGEST_BREATH = 1.0  # seconds to pause when the last permitted call was made; ten more are permitted by then
PAUSE = 1.0  # seconds between two attempts to reach the server at the start
# Refusals that are about the token, which an operator can mend; the sender tries again.
TOKEN_STATUS = frozenset({httpx.codes.UNAUTHORIZED})


@dataclass(frozen=True, slots=True)
class Form:
    """A request's body as a form with files, each with its name."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]


class Transport:
    """Thread-safe. `sleep` waits where the server asks to or is away; `base` is the address of the server."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base = url.rstrip("/").removesuffix("/api/v4")
        self._sleep = sleep
        self._free_at = 0.0
        self._http = httpx.Client(
            base_url=f"{self.base}/api/v4/",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT,
            transport=transport,
            verify=trusted(),
        )

    def close(self) -> None:
        """Close the connections kept open."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | Sequence[Any] | None = None,
        form: Form | None = None,
    ) -> Any:
        """What the server answers to one request."""
        called = f"{method} {path.removeprefix(self.base)}"
        data, files = (form.fields, form.files) if form else (None, None)
        self._breathe()
        try:
            answer = self._http.request(method, path, params=params, json=json, data=data, files=files)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformError(platform=PLATFORM, method=called, why=f"{type(error).__name__}: {error}") from error
        self._note_limit(answer.headers)
        if answer.is_success:
            return _content(answer, called)
        raise _refusal(called, answer)

    def me(self) -> Payload:
        """The user that the token stands for."""
        return dict_in(self.call("GET", "users/me"))

    def reach(self, patience: float = 0.0) -> Payload:
        """`me`; a server that is away is waited for, `patience` seconds long."""
        until = time.monotonic() + patience
        while True:
            try:
                return self.me()
            except PlatformError as error:
                if error.facts.get("status") in TOKEN_STATUS or time.monotonic() >= until:
                    raise
                log.warning("mattermost cannot be reached yet", why=str(error))
                self._sleep(PAUSE)

    def _breathe(self) -> None:
        """Pause where the last answer said that no further call is permitted yet."""
        pause = self._free_at - time.monotonic()
        if pause > 0:
            self._sleep(pause)

    def _note_limit(self, headers: Mapping[str, str]) -> None:
        if headers.get("X-Ratelimit-Remaining") == "0":
            self._free_at = time.monotonic() + min(_seconds(headers.get("X-Ratelimit-Reset"), 0.0), LONGEST_BREATH)


def trusted() -> ssl.SSLContext:
    """The usual authorities, and those that this machine trusts: a server inside has its organisation's own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _content(answer: httpx.Response, called: str) -> Any:
    if not answer.content:
        return {}
    try:
        told = answer.json()
        return storable(told) if needs_mending(answer.text) else told
    except (ValueError, RecursionError) as error:
        if "json" not in answer.headers.get("Content-Type", "") and called.startswith("POST /hooks/"):
            return {}  # a webhook answers `ok`
        why = f"HTTP {answer.status_code}, no JSON"
        raise PlatformError(platform=PLATFORM, method=called, why=why) from error


def _refusal(called: str, answer: httpx.Response) -> PlatformError | PlatformRefusedError:
    status = answer.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return PlatformBusyError(platform=PLATFORM, method=called, seconds=_asked_to_wait(answer.headers))
    why = string_in(json_in(answer.text).get("id")) or f"HTTP {status}"
    passing = status >= httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.NOT_IMPLEMENTED
    if passing or status in TOKEN_STATUS or status == httpx.codes.REQUEST_TIMEOUT:
        return PlatformError(platform=PLATFORM, method=called, why=why, status=status)
    return PlatformRefusedError(platform=PLATFORM, method=called, why=why, status=status)


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    told = headers.get("Retry-After") or headers.get("X-Ratelimit-Reset")
    return min(_seconds(told, BUSY_SECONDS), LONGEST_WAIT)


def _seconds(told: str | None, otherwise: float) -> float:
    try:
        return max(0.0, float(told)) if told else otherwise
    except ValueError:
        return otherwise
