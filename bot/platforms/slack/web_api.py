"""Calls to the Web API: each failure under one of the port's three names, long lists page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from typing import Any

import httpx
import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.platforms.payloads import dict_in, string_in
from indexer.sources.storable import storable

log = structlog.get_logger(__name__)

PLATFORM = "Slack"
TIMEOUT = 15  # seconds for one call
PAGE = 200  # objects a page, the most that Slack recommends
BUSY_SECONDS = 30.0  # how long to wait where a 429 does not say
LONGEST_WAIT = 600.0
# Failures that are Slack's own or that an operator can mend; the sender tries again. Any other `error` is final.
PASSING = frozenset(
    {
        "account_inactive",
        "fatal_error",
        "internal_error",
        "invalid_auth",
        "not_authed",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
        "unknown_error",
    }
)
# Those of them that only an operator can mend.
TOKEN_ERRORS = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
NOT_FOUND, NOT_JSON = "HTTP 404", "HTTP {}, no JSON"
# Failures that say that the Web API is not at this address.
NO_API = frozenset({NOT_FOUND, NOT_JSON.format(200), NOT_JSON.format(405), "unknown_method", "not_found"})
PAUSE = 1.0  # seconds between two attempts to reach the server at the start
BUSY = frozenset({"ratelimited", "rate_limited"})


class WebApi:
    """One token's calls. `sleep` waits where a long list meets a rate limit."""

    def __init__(self, client: WebClient, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self.sleep = sleep

    @property
    def base(self) -> str:
        """The address that the methods' names follow."""
        return str(self._client.base_url)

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """What `method` answers, as a database takes it."""
        return dict_in(storable(self.answer(method, **arguments).data))

    def answer(self, method: str, **arguments: Any) -> SlackResponse:
        """What `method` answers, with its headers."""
        try:
            if "blocks" in arguments or "view" in arguments:  # go as JSON; the reading methods take forms alone
                return self._client.api_call(method, json=arguments)
            return self._client.api_call(method, params=arguments)
        except SlackApiError as error:
            raise _refusal(method, error.response) from error
        except (OSError, HTTPException, SlackClientError, ValueError) as error:
            raise PlatformError(platform=PLATFORM, method=method, why=f"{type(error).__name__}: {error}") from error

    def pages(self, method: str, *, patient: bool = False, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """Every page of a list; `patient` waits where Slack asks to instead of raising PlatformBusyError."""
        cursor = ""
        while True:
            try:
                page = self.call(method, limit=PAGE, **arguments, **({"cursor": cursor} if cursor else {}))
            except PlatformBusyError as busy:
                if not patient:
                    raise
                self.sleep(busy.seconds)
                continue
            yield page
            following = string_in(dict_in(page.get("response_metadata")).get("next_cursor"))
            if not following or following == cursor:
                return
            cursor = following


def reach(token: str, api_url: str, patience: float = 0.0) -> tuple[str, SlackResponse]:
    """The base of the Web API at `api_url`, which may lack or have Slack's `/api/`, and its answer to auth.test.

    A server that is away is waited for, `patience` seconds long. Raises PlatformRefusedError or PlatformError.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return _reach_now(token, api_url)
        except PlatformError as error:
            if error.facts.get("why") in TOKEN_ERRORS or time.monotonic() >= until:
                raise
            log.warning("slack cannot be reached yet", why=str(error))
            time.sleep(PAUSE)


def _reach_now(token: str, api_url: str) -> tuple[str, SlackResponse]:
    given = api_url.rstrip("/")
    other = given.removesuffix("/api") if given.endswith("/api") else f"{given}/api"
    try:
        return f"{given}/", WebApi(web_client(token, given)).answer("auth.test")
    except (PlatformError, PlatformRefusedError) as error:
        if error.facts.get("why") not in NO_API:
            raise
        first = error
    try:
        return f"{other}/", WebApi(web_client(token, other)).answer("auth.test")
    except (PlatformError, PlatformRefusedError) as error:
        raise (first if error.facts.get("why") in NO_API else error) from error


def web_client(token: str | None, api_url: str) -> WebClient:
    """A client that never sends a message again by itself: only the outbox knows whether it arrived."""
    return WebClient(token=token, base_url=api_url.rstrip("/") + "/", timeout=TIMEOUT, retry_handlers=[])


def _refusal(method: str, answer: SlackResponse) -> PlatformError | PlatformRefusedError:
    told = string_in(dict_in(answer.data).get("error"))
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or told in BUSY:
        return PlatformBusyError(platform=PLATFORM, method=method, seconds=retry_after(answer.headers))
    if not told or " " in told:  # a sentence is slack_sdk's own, about an answer that was no JSON
        why = NOT_FOUND if answer.status_code == httpx.codes.NOT_FOUND else NOT_JSON.format(answer.status_code)
        return PlatformError(platform=PLATFORM, method=method, why=why)
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or told in PASSING:
        return PlatformError(platform=PLATFORM, method=method, why=told)
    return PlatformRefusedError(platform=PLATFORM, method=method, why=told)


def hand_over(web: httpx.Client, method: str, url: str, **content: Any) -> None:
    """Post to an address that Slack gave. Raises PlatformError, PlatformBusyError, PlatformRefusedError."""
    try:
        answer = web.post(url, **content)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise PlatformRefusedError(platform=PLATFORM, method=method, why="no such address") from error
    except httpx.HTTPError as error:
        raise PlatformError(platform=PLATFORM, method=method, why=type(error).__name__) from error
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise PlatformBusyError(platform=PLATFORM, method=method, seconds=retry_after(answer.headers))
    if answer.is_server_error:
        raise PlatformError(platform=PLATFORM, method=method, why=f"HTTP {answer.status_code}")
    if not answer.is_success:
        why = answer.text[:100] or f"HTTP {answer.status_code}"
        raise PlatformRefusedError(platform=PLATFORM, method=method, why=why)


def retry_after(headers: Mapping[str, Any]) -> float:
    """How many seconds a 429 asks to wait."""
    told = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    try:
        return min(max(0.0, float(told[0] if isinstance(told, list) else told or BUSY_SECONDS)), LONGEST_WAIT)
    except ValueError:
        return BUSY_SECONDS


def granted_scopes(headers: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes of the token that a call was made with; None where the server does not tell."""
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes")
    return frozenset(scope.strip() for scope in str(told).split(",") if scope.strip()) if told else None
